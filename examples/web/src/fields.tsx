// Fields of forms, each with what the gateway says about it beside it.

import { useId, type InputHTMLAttributes } from "react";

export type UserErrors = readonly {
  readonly field: readonly string[] | null | undefined;
  readonly message: string;
}[];

// `path` is where the value is in the mutation's input, as in `networkAdapters.0.cellular.imei`.
export function TextField({
  label,
  path,
  errors,
  ...attributes
}: { label: string; path: string; errors: UserErrors } & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  const messages = messagesAt(errors, path);
  return (
    <div>
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        name={path}
        autoComplete="off"
        aria-invalid={messages.length > 0}
        aria-describedby={`${id}-errors`}
        {...attributes}
      />
      <div id={`${id}-errors`}>
        <Errors errors={errors} paths={[path]} />
      </div>
    </div>
  );
}

export function Errors({ errors, paths }: { errors: UserErrors; paths: (string | null)[] }) {
  return paths
    .flatMap((path) => messagesAt(errors, path))
    .map((message) => (
      <p role="alert" key={message}>
        {message}
      </p>
    ));
}

function messagesAt(errors: UserErrors, path: string | null): string[] {
  return errors
    .filter(({ field }) => (field?.join(".") ?? null) === path)
    .map(({ message }) => message);
}
