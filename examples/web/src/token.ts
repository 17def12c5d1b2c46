// The access token of this browser tab, which a link may bring in its fragment: no server ever receives that.

const KEY = "token";

export const readToken = () => sessionStorage.getItem(KEY);
export const storeToken = (token: string) => sessionStorage.setItem(KEY, token);
export const removeToken = () => sessionStorage.removeItem(KEY);

// Moves the token of a link, which replaces an earlier one, out of the address.
export function takeTokenFromAddress() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) return;
  storeToken(token);
  history.replaceState(history.state, "", location.pathname + location.search);
}
