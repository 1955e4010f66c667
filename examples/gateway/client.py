"""Commands the carriage of the example over UDP, and shows its samples: client.py PORT (stop | MILLIMETRES)."""

import socket
import struct
import sys
import time

MOVE, STOP = 1, 2
TRIES = 30


def samples(network, command):
    """What is said to the command, which is sent again while nothing comes: datagrams get lost."""
    for _ in range(TRIES):
        try:
            network.send(command)
            while True:
                yield network.recv(2048)
        except (TimeoutError, socket.timeout):
            pass
        except ConnectionRefusedError:
            time.sleep(1)  # nobody has the port: the system may come yet
    sys.exit("nothing comes: does the system run, with this port forwarded?")


def main(port, wanted):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as network:
        network.connect(("127.0.0.1", port))
        network.settimeout(1)
        if wanted == "stop":
            network.send(struct.pack("!4sIi", b"CMD1", STOP, 0))
            return
        for message in samples(network, struct.pack("!4sIi", b"CMD1", MOVE, int(wanted))):
            magic, number, position, obeyed = struct.unpack("!4sIiI", message)
            assert magic == b"SMP1", magic
            print(f"sample {number}: at {position} mm, {obeyed} commands obeyed", flush=True)
            if position == int(wanted):
                return


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(int(sys.argv[1]), sys.argv[2])
