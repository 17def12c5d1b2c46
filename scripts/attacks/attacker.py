"""An attacker in a process of its own: python -m scripts.attacks.attacker URL TOKEN ATTACK SECONDS CONNECTIONS."""

import http.client
import json
import sys
import time
from collections import Counter
from threading import Thread
from urllib.parse import urlsplit

from .requests import ATTACKS

SECONDS_TO_ANSWER = 60


class Attacker:
    def __init__(self, url: str, token: str, attack: str, seconds: float) -> None:
        self.statuses: Counter[int] = Counter()
        self.largest = 0
        self._host = urlsplit(url).netloc
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._attack = ATTACKS[attack]
        self._deadline = time.monotonic() + seconds

    def attack(self, first: int, step: int) -> None:
        number = first
        connection = http.client.HTTPConnection(self._host, timeout=SECONDS_TO_ANSWER)
        while time.monotonic() < self._deadline:
            query, variables = self._attack(number)
            body = json.dumps({"query": query, "variables": variables})
            connection.request("POST", "/graphql", body, self._headers)
            answer = connection.getresponse()
            self.largest = max(self.largest, len(answer.read()))
            self.statuses[answer.status] += 1
            number += step


def main(url: str, token: str, attack: str, seconds: str, connections: str) -> None:
    attacker = Attacker(url, token, attack, float(seconds))
    count = int(connections)
    threads = [Thread(target=attacker.attack, args=(number, count)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps({"statuses": attacker.statuses, "largest": attacker.largest}))


if __name__ == "__main__":
    main(*sys.argv[1:])
