import { Component, Suspense, type ReactNode } from "react";

// Shows that something is being loaded, or why it could not be, in its place.
export function Waiting({ children }: { children: ReactNode }) {
  return (
    <FailureBoundary>
      <Suspense fallback={<p role="status">Loading…</p>}>{children}</Suspense>
    </FailureBoundary>
  );
}

class FailureBoundary extends Component<{ children: ReactNode }, { failure: Error | null }> {
  state = { failure: null as Error | null };

  static getDerivedStateFromError(failure: Error) {
    return { failure };
  }

  render() {
    const { failure } = this.state;
    if (!failure) return this.props.children;
    return (
      <div className="failure">
        <p role="alert">{failure.message}</p>
        <button type="button" onClick={() => location.reload()}>
          Load the page again
        </button>
      </div>
    );
  }
}
