import { useMemo, type RefObject } from "react";
import { graphql, useSubscription } from "react-relay";
import { ConnectionHandler, type RecordSourceSelectorProxy } from "relay-runtime";
import type { DeviceFilter, useLiveDevicesSubscription } from "./__generated__/useLiveDevicesSubscription.graphql";

// Follows the changes after `lastCursor` of devices that match the filter. What changes of a device shows wherever the
// page shows it; a new device goes to the head of the list, and one that is gone leaves it. What begins to match the filter
// by a change, or no longer does, is told apart by the next search.
export function useLiveDevices(
  listId: string | undefined,
  filter: DeviceFilter,
  lastCursor: RefObject<string | null>,
) {
  const config = useMemo(
    () => ({
      subscription: graphql`
        subscription useLiveDevicesSubscription($after: String, $filter: DeviceFilter!) {
          deviceEvents(after: $after, filter: { device: $filter }) {
            cursor
            node {
              type
              deviceId
              device {
                id
                ...DeviceRow_device
              }
            }
          }
        }
      `,
      variables: { after: lastCursor.current, filter },
      updater(store: RecordSourceSelectorProxy<useLiveDevicesSubscription["response"]>) {
        const edge = store.getRootField("deviceEvents");
        lastCursor.current = edge.getValue("cursor");
        const list = listId && store.get(listId);
        if (!list) return;
        const event = edge.getLinkedRecord("node");
        const device = event.getLinkedRecord("device");
        if (event.getValue("type") === "DEVICE_CREATED" || !device)
          ConnectionHandler.deleteNode(list, event.getValue("deviceId"));
        if (event.getValue("type") === "DEVICE_CREATED" && device)
          ConnectionHandler.insertEdgeBefore(list, ConnectionHandler.createEdge(store, list, device, "DeviceEdge"));
      },
    }),
    [listId, filter, lastCursor],
  );
  useSubscription<useLiveDevicesSubscription>(config);
}
