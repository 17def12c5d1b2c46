import { useState } from "react";
import { graphql, useFragment, useMutation } from "react-relay";
import type { DeviceForm_device$key } from "./__generated__/DeviceForm_device.graphql";
import type { DeviceFormMutation } from "./__generated__/DeviceFormMutation.graphql";
import { Errors, TextField, type UserErrors } from "./fields";

export function DeviceForm({ device: key }: { device: DeviceForm_device$key }) {
  const device = useFragment(
    graphql`
      fragment DeviceForm_device on Device {
        id
        name
        description
        version
      }
    `,
    key,
  );
  // That of the values which the form began with, whatever others change meanwhile.
  const [expectedVersion, setExpectedVersion] = useState(device.version);
  const [errors, setErrors] = useState<UserErrors>([]);
  const [isSaved, setIsSaved] = useState(false);
  const [commit, isSaving] = useMutation<DeviceFormMutation>(graphql`
    mutation DeviceFormMutation($input: UpdateDeviceInput!) {
      updateDevice(input: $input) {
        device {
          ...DeviceForm_device @relay(mask: false)
        }
        userErrors {
          field
          message
        }
      }
    }
  `);

  function save(data: FormData) {
    setIsSaved(false);
    const [name, description] = [String(data.get("name")), String(data.get("description")) || null];
    commit({
      variables: { input: { device: device.id, expectedVersion, name, description } },
      onCompleted({ updateDevice }) {
        setErrors(updateDevice?.userErrors ?? []);
        setIsSaved(Boolean(updateDevice?.device));
        setExpectedVersion((version) => updateDevice?.device?.version ?? version);
      },
      onError: ({ message }) => setErrors([{ field: null, message }]),
    });
  }

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault(); // An action of React's would empty the fields.
        if (!isSaving) save(new FormData(event.currentTarget));
      }}
    >
      <TextField label="Name" path="name" defaultValue={device.name} errors={errors} />
      <TextField
        label="Description"
        path="description"
        defaultValue={device.description ?? ""}
        errors={errors}
      />
      <Errors errors={errors} paths={[null, "expectedVersion"]} />
      <button aria-disabled={isSaving}>Save</button>
      <p role="status">{isSaved && "Saved."}</p>
    </form>
  );
}
