import { useMemo, useState, type RefObject } from "react";
import { graphql, useSubscription } from "react-relay";
import { ConnectionHandler, type RecordProxy, type RecordSourceSelectorProxy } from "relay-runtime";
import type { useLiveDevicesSubscription } from "./__generated__/useLiveDevicesSubscription.graphql";

type Subscription = useLiveDevicesSubscription;

// Follows the changes of devices that match a filter, and returns why it had to stop. What changes of a device shows
// wherever the page shows it; a new device goes to the head of the list, and one that is gone leaves it. What begins to
// match the filter by a change, or no longer does, is for the next search to tell.
export function useLiveDevices(
  listId: string | undefined,
  { filter, after }: Subscription["variables"],
  lastCursor: RefObject<string | null>,
) {
  const [failure, setFailure] = useState<Error | null>(null);
  const config = useMemo(
    () => ({
      subscription: graphql`
        subscription useLiveDevicesSubscription($filter: DeviceFilter!, $after: String) {
          deviceEvents(filter: { device: $filter }, after: $after) {
            cursor
            node {
              type
              deviceId
              device {
                id
                ...DeviceList_device
              }
            }
          }
        }
      `,
      variables: { filter, after },
      updater(store: RecordSourceSelectorProxy<Subscription["response"]>) {
        const edge = store.getRootField("deviceEvents");
        lastCursor.current = edge.getValue("cursor");
        const list = listId && store.get(listId);
        if (list) changeList(store, list, edge.getLinkedRecord("node"));
      },
      onError: setFailure,
    }),
    [listId, filter, after, lastCursor],
  );
  useSubscription<Subscription>(config);
  return failure;
}

function changeList(
  store: RecordSourceSelectorProxy,
  list: RecordProxy,
  event: RecordProxy<Subscription["response"]["deviceEvents"]["node"]>,
) {
  const device = event.getLinkedRecord("device");
  const isNew = event.getValue("type") === "DEVICE_CREATED";
  // A new one may be there already, since the list was read after the first of these events.
  if (isNew || !device) ConnectionHandler.deleteNode(list, event.getValue("deviceId"));
  if (isNew && device)
    ConnectionHandler.insertEdgeBefore(
      list,
      ConnectionHandler.createEdge(store, list, device, "DeviceEdge"),
    );
}
