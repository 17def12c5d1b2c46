import { useId, useRef, useState, useTransition } from "react";
import { graphql, useLazyLoadQuery } from "react-relay";
import type { FleetPageQuery } from "./__generated__/FleetPageQuery.graphql";
import { DeviceDetails } from "./DeviceDetails";
import { DeviceList } from "./DeviceList";
import { Dialog } from "./Dialog";
import { OnboardingForm } from "./OnboardingForm";
import { Waiting } from "./Waiting";

const MILLISECONDS_OF_TYPING = 200;

export function FleetPage() {
  // Where the log of changes is now.
  const { deviceEvents } = useLazyLoadQuery<FleetPageQuery>(
    graphql`
      query FleetPageQuery {
        deviceEvents(last: 1) {
          edges {
            cursor
          }
        }
      }
    `,
    {},
  );
  const cursor = deviceEvents?.edges[0]?.cursor ?? null;
  const lastCursor = useRef(cursor);
  // A list, and where the log was before it was asked for: no change falls between the two.
  const [view, setView] = useState({ search: "", after: cursor });
  const [deviceId, setDeviceId] = useState<string | null>(null);
  const [isOnboarding, setIsOnboarding] = useState(false);

  return (
    <>
      <div className="tools">
        <SearchField onSearch={(search) => setView({ search, after: lastCursor.current })} />
        <button type="button" onClick={() => setIsOnboarding(true)}>
          Onboard a device
        </button>
      </div>
      <Waiting>
        <DeviceList {...view} lastCursor={lastCursor} onOpen={setDeviceId} />
      </Waiting>
      {deviceId && (
        <Dialog title="Device" onClose={() => setDeviceId(null)}>
          <Waiting>
            <DeviceDetails id={deviceId} />
          </Waiting>
        </Dialog>
      )}
      {isOnboarding && (
        <Dialog title="Onboard a device" onClose={() => setIsOnboarding(false)}>
          <Waiting>
            <OnboardingForm onDone={() => setIsOnboarding(false)} />
          </Waiting>
        </Dialog>
      )}
    </>
  );
}

// What was found before stays until there is something else to show.
function SearchField({ onSearch }: { onSearch: (search: string) => void }) {
  const id = useId();
  const timer = useRef<number>(undefined);
  const [isSearching, startTransition] = useTransition();

  function search(text: string) {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => startTransition(() => onSearch(text)), MILLISECONDS_OF_TYPING);
  }

  return (
    <search aria-busy={isSearching}>
      <label htmlFor={id}>Search names and descriptions</label>
      <input
        id={id}
        type="search"
        maxLength={255}
        onChange={(event) => search(event.target.value)}
      />
    </search>
  );
}
