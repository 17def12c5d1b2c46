import { graphql, useFragment, useLazyLoadQuery } from "react-relay";
import type { DeviceDetails_adapter$key } from "./__generated__/DeviceDetails_adapter.graphql";
import type { DeviceDetailsQuery } from "./__generated__/DeviceDetailsQuery.graphql";
import { DeviceForm } from "./DeviceForm";

export function DeviceDetails({ id }: { id: string }) {
  const { device } = useLazyLoadQuery<DeviceDetailsQuery>(
    graphql`
      query DeviceDetailsQuery($id: DeviceIdentifier!) {
        device(identifier: $id) {
          name
          networkAdapters {
            ... on CommonNetworkAdapter {
              id
            }
            ...DeviceDetails_adapter
          }
          deviceGroups(first: 50) {
            edges {
              createdAt
              node {
                id
                name
              }
            }
          }
          ...DeviceForm_device
        }
      }
    `,
    { id },
    { fetchPolicy: "network-only" },
  );
  if (!device) return <p role="status">The device has been deleted.</p>;
  const groups = device.deviceGroups?.edges ?? [];
  return (
    <>
      <p>
        <strong>{device.name}</strong>
      </p>
      <section>
        <h3>Network adapters</h3>
        <ul aria-label="Network adapters">
          {device.networkAdapters.map((adapter) => (
            <NetworkAdapter key={adapter.id} adapter={adapter} />
          ))}
        </ul>
        {device.networkAdapters.length === 0 && <p>None.</p>}
      </section>
      <section>
        <h3>Groups</h3>
        <ul aria-label="Groups">
          {groups.map(({ createdAt, node }) => (
            <li key={node.id}>
              {node.name} <small>since {new Date(createdAt).toLocaleDateString()}</small>
            </li>
          ))}
        </ul>
        {groups.length === 0 && <p>None.</p>}
      </section>
      <section>
        <h3>Change</h3>
        <DeviceForm device={device} />
      </section>
    </>
  );
}

function NetworkAdapter({ adapter: key }: { adapter: DeviceDetails_adapter$key }) {
  const adapter = useFragment(
    graphql`
      fragment DeviceDetails_adapter on NetworkAdapter {
        __typename
        ... on CellularNetworkAdapter {
          imei
        }
        ... on LoraNetworkAdapter {
          devEui
        }
        ... on GenericNetworkAdapter {
          dvnUuid
        }
      }
    `,
    key,
  );
  switch (adapter.__typename) {
    case "CellularNetworkAdapter":
      return (
        <li>
          Cellular, IMEI <code>{adapter.imei}</code>
        </li>
      );
    case "LoraNetworkAdapter":
      return (
        <li>
          LoRaWAN, DevEUI <code>{adapter.devEui}</code>
        </li>
      );
    case "GenericNetworkAdapter":
      return (
        <li>
          Internet, DvnUUID <code>{adapter.dvnUuid}</code>
        </li>
      );
    default:
      return <li>An adapter of a type that is newer than this page</li>;
  }
}
