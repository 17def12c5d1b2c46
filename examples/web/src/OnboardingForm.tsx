import { useState } from "react";
import { graphql, useLazyLoadQuery, useMutation } from "react-relay";
import type { OnboardingFormMutation } from "./__generated__/OnboardingFormMutation.graphql";
import type { OnboardingFormQuery } from "./__generated__/OnboardingFormQuery.graphql";
import { Errors, TextField, type UserErrors } from "./fields";

// The new device shows in the list by itself, as one that somebody else has made does.
export function OnboardingForm({ onDone }: { onDone: () => void }) {
  const { devices } = useLazyLoadQuery<OnboardingFormQuery>(
    graphql`
      query OnboardingFormQuery {
        devices(first: 1, orderBy: [{ field: CREATED_AT, direction: DESC }]) {
          nodes {
            clientId
            projectId
            deviceSpecificationId
          }
        }
      }
    `,
    {},
  );
  const newest = devices?.nodes[0];
  const [errors, setErrors] = useState<UserErrors>([]);
  const [idempotencyKey] = useState(() => crypto.randomUUID()); // So that a form sent twice makes one device.
  const [commit, isSaving] = useMutation<OnboardingFormMutation>(graphql`
    mutation OnboardingFormMutation($input: CreateDeviceInput!) {
      createDevice(input: $input) {
        device {
          id
        }
        userErrors {
          field
          message
        }
      }
    }
  `);

  function onboard(data: FormData) {
    const value = (path: string) => String(data.get(path)).trim();
    commit({
      variables: {
        input: {
          name: value("name"),
          networkAdapters: [{ cellular: { imei: value("networkAdapters.0.cellular.imei") } }],
          clientId: value("clientId"),
          projectId: value("projectId"),
          deviceSpecificationId: value("deviceSpecificationId"),
          idempotencyKey,
        },
      },
      onCompleted: ({ createDevice }) =>
        createDevice?.device ? onDone() : setErrors(createDevice?.userErrors ?? []),
      onError: ({ message }) => setErrors([{ field: null, message }]),
    });
  }

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault(); // An action of React's would empty the fields.
        if (!isSaving) onboard(new FormData(event.currentTarget));
      }}
    >
      <TextField label="Name" path="name" errors={errors} required />
      <TextField
        label="IMEI"
        path="networkAdapters.0.cellular.imei"
        inputMode="numeric"
        errors={errors}
        required
      />
      <fieldset>
        <legend>As of the newest device</legend>
        <TextField
          label="Client"
          path="clientId"
          defaultValue={newest?.clientId}
          errors={errors}
          required
        />
        <TextField
          label="Project"
          path="projectId"
          defaultValue={newest?.projectId}
          errors={errors}
          required
        />
        <TextField
          label="Specification"
          path="deviceSpecificationId"
          defaultValue={newest?.deviceSpecificationId}
          errors={errors}
          required
        />
      </fieldset>
      <Errors errors={errors} paths={[null]} />
      <button aria-disabled={isSaving}>Onboard</button>
    </form>
  );
}
