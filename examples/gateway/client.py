"""Commands the carriage of the example over UDP, and shows its samples: client.py PORT (stop | MILLIMETRES)."""

import socket
import struct
import sys

MOVE, STOP = 1, 2


def main(port, wanted):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as network:
        network.connect(("127.0.0.1", port))
        network.settimeout(30)
        if wanted == "stop":
            network.send(struct.pack("!4sIi", b"CMD1", STOP, 0))
            return
        network.send(struct.pack("!4sIi", b"CMD1", MOVE, int(wanted)))
        position = None
        while position != int(wanted):
            magic, number, position, obeyed = struct.unpack("!4sIiI", network.recv(2048))
            assert magic == b"SMP1", magic
            print(f"sample {number}: at {position} mm, {obeyed} commands obeyed", flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(int(sys.argv[1]), sys.argv[2])
