import { useEffect, useMemo, useRef, useState, type RefObject } from "react";
import { graphql, useFragment, useLazyLoadQuery, usePaginationFragment } from "react-relay";
import type { DeviceList_device$key } from "./__generated__/DeviceList_device.graphql";
import type { DeviceList_query$key } from "./__generated__/DeviceList_query.graphql";
import type { DeviceListPageQuery } from "./__generated__/DeviceListPageQuery.graphql";
import type { DeviceListQuery } from "./__generated__/DeviceListQuery.graphql";
import { useLiveDevices } from "./useLiveDevices";

const PAGE = 30;

export function DeviceList({
  search,
  after,
  lastCursor,
  onOpen,
}: {
  search: string;
  after: string | null;
  lastCursor: RefObject<string | null>;
  onOpen: (id: string) => void;
}) {
  const filter = useMemo(() => (search ? { search } : {}), [search]);
  const query = useLazyLoadQuery<DeviceListQuery>(
    graphql`
      query DeviceListQuery($filter: DeviceFilter!) {
        ...DeviceList_query @arguments(filter: $filter)
      }
    `,
    { filter },
    { fetchPolicy: "network-only" }, // The changes of an earlier list have not been followed.
  );
  const { data, hasNext, isLoadingNext, loadNext } = usePaginationFragment<
    DeviceListPageQuery,
    DeviceList_query$key
  >(
    graphql`
      fragment DeviceList_query on Query
      @refetchable(queryName: "DeviceListPageQuery")
      @argumentDefinitions(
        filter: { type: "DeviceFilter!" }
        count: { type: "Int", defaultValue: 30 }
        cursor: { type: "String" }
      ) {
        devices(
          first: $count
          after: $cursor
          filter: $filter
          orderBy: [{ field: CREATED_AT, direction: DESC }]
        ) @connection(key: "DeviceList_devices") {
          __id
          edges {
            node {
              id
              ...DeviceList_device
            }
          }
        }
      }
    `,
    query,
  );
  const [failure, setFailure] = useState<Error | null>(null);
  const liveFailure = useLiveDevices(data.devices?.__id, { filter, after }, lastCursor);

  const edges = data.devices?.edges ?? [];
  return (
    <>
      {liveFailure && (
        <p role="alert">What changes elsewhere does not show any more: {liveFailure.message}</p>
      )}
      {edges.length === 0 && <p role="status">There is no such device.</p>}
      <ul className="devices" aria-label="Devices, newest first">
        {edges.map(({ node }) => (
          <DeviceRow key={node.id} device={node} onOpen={() => onOpen(node.id)} />
        ))}
      </ul>
      {failure && <p role="alert">{failure.message}</p>}
      {hasNext && (
        <MoreButton
          isLoading={isLoadingNext}
          waitsForClick={failure !== null}
          onMore={() => loadNext(PAGE, { onComplete: setFailure })}
        />
      )}
    </>
  );
}

function DeviceRow({ device, onOpen }: { device: DeviceList_device$key; onOpen: () => void }) {
  const { name, status, description, urns } = useFragment(
    graphql`
      fragment DeviceList_device on Device {
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

// Loads more when it comes into sight, or when it is pressed.
function MoreButton({
  isLoading,
  waitsForClick,
  onMore,
}: {
  isLoading: boolean;
  waitsForClick: boolean;
  onMore: () => void;
}) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (isLoading || waitsForClick) return;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && onMore(), {
      rootMargin: "25%",
    });
    observer.observe(button.current!);
    return () => observer.disconnect();
  });
  return (
    <button
      ref={button}
      type="button"
      className="more"
      aria-disabled={isLoading}
      onClick={() => isLoading || onMore()}
    >
      {isLoading ? "Loading…" : "Load more"}
    </button>
  );
}
