import { graphql, useFragment } from "react-relay";
import type { NetworkAdapter_adapter$key } from "./__generated__/NetworkAdapter_adapter.graphql";

export function NetworkAdapter({ adapter: key }: { adapter: NetworkAdapter_adapter$key }) {
  const adapter = useFragment(
    graphql`
      fragment NetworkAdapter_adapter on NetworkAdapter {
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
      return <li>Cellular, IMEI <code>{adapter.imei}</code></li>;
    case "LoraNetworkAdapter":
      return <li>LoRaWAN, DevEUI <code>{adapter.devEui}</code></li>;
    case "GenericNetworkAdapter":
      return <li>Internet, DvnUUID <code>{adapter.dvnUuid}</code></li>;
    default:
      return <li>An adapter of a type that is newer than this page</li>;
  }
}
