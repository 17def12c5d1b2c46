// The access token of this browser tab. Imported before everything else, so that no other code sees it in the address.

const KEY = "token";

export const readToken = () => sessionStorage.getItem(KEY);
export const storeToken = (token) => sessionStorage.setItem(KEY, token);
export const removeToken = () => sessionStorage.removeItem(KEY);

// Moves the token of a link, which replaces an earlier one, out of the address.
export function takeTokenFromAddress() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) return;
  storeToken(token);
  history.replaceState(history.state, "", location.pathname + location.search);
}

takeTokenFromAddress();
