// What an access token says of itself. The page only shows it: whether it is true is for the gateway to judge.

// Null where it cannot be read; the gateway then says why it refuses it. `end` is in milliseconds.
export function readClaims(token) {
  try {
    const { sub, scope, client_ids: clients, exp } = JSON.parse(utf8(token.split(".")[1]));
    return {
      subject: sub.toLowerCase(),
      scopes: scope.split(" ").filter(Boolean),
      clients: clients === "*" ? null : clients.map((client) => client.toLowerCase()),
      end: Number(exp) * 1000,
    };
  } catch {
    return null;
  }
}

function utf8(base64url) {
  const bytes = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
}

export const shortened = (id) => `${id.slice(0, 8)}…`;

export function counted(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

// Rounded down, so that never more time is promised than is left.
export function timeLeft(milliseconds) {
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes < 1) return "less than a minute";
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} days`;
}
