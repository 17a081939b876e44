"""An operator at the web client: takes the next contact, chooses an outcome, confirms, again and again.

    queue_operator.py PORT DATABASE LOGIN PASSWORD CAMPAIGN OUTCOME,OUTCOME,... COUNT

Prints a line of JSON for each call, when its confirmation was answered. A server that breaks off is asked again.
"""

import http.client
import json
import sys
import time

from web import Client


def work(client, campaign, outcomes, count):
    for number in range(count):
        began = time.monotonic()
        action = client.call("crm.call.campaign", "next_contact", [campaign])
        taken = time.monotonic()
        dialog = [action["res_id"]]
        values = {"outcome_id": outcomes[number % len(outcomes)]}
        (saved,) = client.call("crm.call.wizard", "web_save", dialog, values, specification={"entry_id": {}})
        written = time.monotonic()
        client.call("crm.call.wizard", "action_confirm", dialog)
        ended = time.monotonic()
        yield {
            "entry": saved["entry_id"],
            "taken_ms": (taken - began) * 1000,
            "confirmed_ms": (ended - written) * 1000,
            "began": began,
            "ended": ended,
        }


def main():
    port, database, login, password, campaign, outcomes, count = sys.argv[1:]
    client = Client(int(port)).log_in(database, login, password)
    outcomes = [int(outcome) for outcome in outcomes.split(",")]
    left = int(count)
    print(json.dumps({"ready": True}), flush=True)
    sys.stdin.readline()
    while left:
        try:
            for row in work(client, int(campaign), outcomes, left):
                left -= 1
                print(json.dumps(row), flush=True)
        except (OSError, http.client.HTTPException) as error:
            print(json.dumps({"broken": str(error)}), flush=True)
            time.sleep(0.2)  # the server starts another worker
        except RuntimeError as error:
            print(json.dumps({"error": str(error)}), flush=True)
            left -= 1


if __name__ == "__main__":
    main()
