import { useEffect, useId, useRef, type ReactNode } from "react";

// Stays open until the reader closes it, by the button or by Escape, or the caller takes it away.
export function Dialog({
  title,
  onClose,
  children,
}: {
  title: string;
  onClose: () => void;
  children: ReactNode;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => dialog.current!.showModal(), []);
  return (
    <dialog ref={dialog} aria-labelledby={titleId} onClose={onClose}>
      <header>
        <h2 id={titleId}>{title}</h2>
        <button type="button" onClick={() => dialog.current!.close()}>
          Close
        </button>
      </header>
      {children}
    </dialog>
  );
}
