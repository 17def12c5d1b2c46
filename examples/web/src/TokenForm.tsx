export function TokenForm({
  refusal,
  onSubmit,
}: {
  refusal: string | null;
  onSubmit: (token: string) => void;
}) {
  return (
    <main className="token-form">
      <h1>Fleet</h1>
      {refusal && <p role="alert">{refusal}</p>}
      <form action={(data) => onSubmit(String(data.get("token")).trim())}>
        <p id="token-hint">
          The gateway needs an access token, which stays in this browser tab. Where its key is the
          embedded one, <code>gateway token --all-clients</code> prints one.
        </p>
        <label htmlFor="token">Access token</label>
        <input
          id="token"
          name="token"
          type="password"
          autoComplete="off"
          aria-describedby="token-hint"
          required
          autoFocus
        />
        <button>Open</button>
      </form>
    </main>
  );
}
