import { graphql, useFragment } from "react-relay";
import type { DeviceRow_device$key } from "./__generated__/DeviceRow_device.graphql";

export function DeviceRow({ device, onOpen }: { device: DeviceRow_device$key; onOpen: () => void }) {
  const { name, status, description, urns } = useFragment(
    graphql`
      fragment DeviceRow_device on Device {
        name
        status
        description
        urns
      }
    `,
    device,
  );
  return (
    <li>
      <button type="button" className="device" onClick={onOpen}>
        <span className="name">{name}</span>
        <span className="status" data-status={status}>
          {status === "ACTIVE" ? "active" : "not in use"}
        </span>
        {description && <span className="description">{description}</span>}
        {urns.map((urn) => (
          <code key={urn}>{urn}</code>
        ))}
      </button>
    </li>
  );
}
