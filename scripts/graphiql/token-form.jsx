// RFC 6750 says which characters a token may have; who copies the whole header is understood too.
const PATTERN = String.raw`\s*([Bb]earer\s+)?[\w.~+\/=\-]+\s*`;

export function TokenForm({ refusal, onSubmit }) {
  function submit(event) {
    event.preventDefault();
    const entered = new FormData(event.target).get("token");
    onSubmit(entered.trim().replace(/^bearer\s+/i, ""));
  }

  return (
    <form className="token-form" onSubmit={submit}>
      <h1>Devices gateway</h1>
      {refusal && <p role="alert">{refusal}</p>}
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
        pattern={PATTERN}
        title="Letters, digits and -._~+/= without spaces between them."
        required
        autoFocus
      />
      <button>Open GraphiQL</button>
    </form>
  );
}
