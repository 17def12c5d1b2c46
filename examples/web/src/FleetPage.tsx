import { useId, useRef, useState, useTransition } from "react";
import { graphql, useLazyLoadQuery } from "react-relay";
import type { FleetPageQuery } from "./__generated__/FleetPageQuery.graphql";
import { DeviceDetails } from "./DeviceDetails";
import { DeviceList } from "./DeviceList";
import { Dialog } from "./Dialog";
import { OnboardingForm } from "./OnboardingForm";
import { Waiting } from "./Waiting";

const MILLISECONDS_OF_TYPING = 200;

export function FleetPage({ onLeave }: { onLeave: () => void }) {
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
  const lastCursor = useRef(deviceEvents?.edges[0]?.cursor ?? null);
  // A list, and the changes since before it was asked for: so none falls between the two.
  const [view, setView] = useState({ search: "", after: lastCursor.current });
  const [deviceId, setDeviceId] = useState<string | null>(null);
  const [isOnboarding, setIsOnboarding] = useState(false);

  return (
    <main>
      <header className="page-header">
        <h1>Fleet</h1>
        <button type="button" onClick={() => setIsOnboarding(true)}>
          Onboard a device
        </button>
        <button type="button" onClick={onLeave}>
          Change access token
        </button>
      </header>
      <SearchField onSearch={(search) => setView({ search, after: lastCursor.current })} />
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
    </main>
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
      <input id={id} type="search" maxLength={255} onChange={(event) => search(event.target.value)} />
    </search>
  );
}
