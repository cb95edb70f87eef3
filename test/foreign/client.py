#!/usr/bin/env python3
"""A chat client that follows PROTOCOL.md alone, with Python's standard library.

Takes HOST PORT USER, reads commands from standard input, one a line, and prints what happens as lines of JSON:
    send CONVERSATION ID TEXT · away (close the connection) · pull (by pages, while away) · back
"""
import base64, hashlib, json, os, random, select, socket, struct, sys, time

GIVE_UP = "BAD_REQUEST FORBIDDEN NOT_FOUND METHOD_NOT_SUPPORTED UNSUPPORTED_MEDIA_TYPE PAYLOAD_TOO_LARGE CONFLICT".split()
FIRST_WAIT = float(os.environ.get("FIRST_WAIT", "1"))  # seconds before the first attempt to connect again
PAGE = 2  # small, so that there are pages
WIRE = 2


class Closed(Exception):
    """The connection ended; holds the close code, or why."""


class WebSocket:
    """RFC 6455, as far as a client needs it."""

    def __init__(self, host, port, path):
        self.socket = socket.create_connection((host, port), timeout=30)
        self.bytes, self.parts = b"", b""
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
        while b"\r\n\r\n" not in self.bytes:
            self.fill()
        head, self.bytes = self.bytes.split(b"\r\n\r\n", 1)
        accept = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest())
        if b" 101 " not in head.splitlines()[0] or accept not in head:
            raise Closed(head.splitlines()[0].decode())

    def fill(self):
        chunk = self.socket.recv(65536)
        if not chunk:
            raise Closed("the network")
        self.bytes += chunk

    def write(self, opcode, payload):
        size, mask = len(payload), os.urandom(4)
        length = (struct.pack(">B", 0x80 | size) if size < 126 else
                  struct.pack(">BH", 0xFE, size) if size < 65536 else struct.pack(">BQ", 0xFF, size))
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
        self.socket.sendall(bytes([0x80 | opcode]) + length + mask + masked)

    def texts(self):
        """The texts in what has been read; answers pings."""
        while len(self.bytes) >= 2:
            size, start = self.bytes[1] & 0x7F, 2
            if size > 125:
                start = 4 if size == 126 else 10
                size = int.from_bytes(self.bytes[2:start], "big")
            if len(self.bytes) < start + size:
                return
            first, payload, self.bytes = self.bytes[0], self.bytes[start:start + size], self.bytes[start + size:]
            if first & 0x0F == 8:
                raise Closed(str(int.from_bytes(payload[:2], "big")))
            if first & 0x0F == 9:
                self.write(10, payload)
            elif first & 0x0F < 3:
                self.parts += payload
                if first & 0x80:
                    text, self.parts = self.parts.decode(), b""
                    yield text


class Client:
    def __init__(self, host, port, user):
        self.address, self.user = (host, port, "/trpc?connectionParams=1"), user
        self.cursor = self.seq = self.web = None
        self.heads = {}  # conversation → newest conversationSeq that is known: stands for a client's tables
        self.outbox = {}  # clientMessageId → input of `send`, until its receipt
        self.mode, self.failures, self.next_try, self.typed = "back", 0, 0.0, b""

    def connect(self):
        self.calls, self.sending, self.held = [], None, None
        self.web = WebSocket(*self.address)
        self.web.write(1, json.dumps({"method": "connectionParams", "data": {"token": f"token-{self.user}"}}).encode())
        if self.mode == "pull":
            self.pull()
        else:
            self.call("subscription", "inbox.feed", {"wire": WIRE, **({"cursor": self.cursor} if self.cursor else {})}, self.on_item)
        self.send_next()

    def call(self, method, path, given, then, failed=None):
        self.calls.append((then, failed))
        call = {"id": len(self.calls), "method": method, "params": {"path": f"chat.{path}", "input": given}}
        self.web.write(1, json.dumps(call).encode())

    def on_text(self, text):
        frame = json.loads(text)
        then, failed = self.calls[frame["id"] - 1]
        if "error" not in frame:
            return then(frame["result"]["data"]) if frame["result"]["type"] == "data" else None
        error = frame["error"]
        is_final = error["data"]["code"] in GIVE_UP or error["message"].startswith("dead_lettered")
        if not failed or not is_final:
            raise Closed(error["message"])  # everything is tried again after the wait
        failed(error)

    # ── Sending: one after the other, which keeps their order, and again, under the same id, on every new connection ──
    def send_next(self):
        if self.web and not self.sending and self.outbox:
            self.sending = next(iter(self.outbox))
            self.call("mutation", "send", self.outbox[self.sending], lambda receipt: self.sent(receipt=receipt),
                      lambda error: self.sent(refused=self.sending, why=error["message"]))

    def sent(self, **outcome):
        del self.outbox[self.sending]
        self.sending = None
        show(**outcome)
        self.send_next()

    # ── Receiving ──
    def on_item(self, tracked):
        item, self.failures = tracked["data"], 0
        if item.get("feed", {}).get("userId", self.user) != self.user:
            sys.exit("this is somebody else's feed")
        if item["type"] == "reset":
            self.rebuild(item)
        elif item["type"] == "entries" and self.held is not None:
            self.held.append((item["entries"], tracked["id"]))
        elif item["type"] == "entries":
            self.apply(item["entries"], tracked["id"])
        elif item["type"] == "live":
            show(live=True)

    def apply(self, entries, cursor):
        for entry in entries:
            if self.seq is not None and entry["seq"] <= self.seq:
                continue
            if self.seq is not None and entry["seq"] > self.seq + 1:
                raise Closed("a hole: once more from the cursor")
            self.seq, event = entry["seq"], entry["event"]
            if event and event["conversationSeq"] > self.heads.get(event["conversationId"], 0):
                self.heads[event["conversationId"]] = event["conversationSeq"]
                show(seq=entry["seq"], event=event)
        self.cursor = cursor  # a client with a store writes it in one transaction with the above

    def rebuild(self, reset, then=lambda: None):
        show(reset=reset["reason"])
        self.heads, self.seq, self.held = {}, None, []

        def on_page(page):
            for summary in page["conversations"]:
                self.heads[summary["conversationId"]] = summary["head"]
            if page["nextPage"]:
                return self.call("query", "conversations.list", {"limit": PAGE, "page": page["nextPage"]}, on_page)
            show(rebuilt=self.heads)
            held, self.held, self.cursor = self.held, None, reset["cursor"]
            for entries, cursor in held:
                self.apply(entries, cursor)
            then()

        self.call("query", "conversations.list", {"limit": PAGE}, on_page)

    def pull(self):
        def on_page(page):
            if page["type"] == "reset":
                return self.rebuild(page, self.pull)
            self.apply(page["entries"], page["cursor"])
            if page["hasMore"]:
                return self.pull()
            self.mode = "away"
            show(pulled=self.seq)

        self.call("query", "inbox.since", {"wire": WIRE, "limit": PAGE, **({"cursor": self.cursor} if self.cursor else {})}, on_page)

    # ── Living ──
    def command(self, line):
        if line.startswith("send "):
            _, conversation, message_id, text = line.split(" ", 3)
            self.outbox[message_id] = {"conversationId": conversation, "clientMessageId": message_id,
                                       "type": "text", "content": {"text": text}}
            return self.send_next()
        self.mode, self.failures, self.next_try = line, 0, 0.0

    def turn(self):
        if self.mode == "away" and self.web:
            raise Closed("away")
        if self.mode != "away" and not self.web and time.monotonic() >= self.next_try:
            self.connect()
        wait = 30 if self.web or self.mode == "away" else max(0.0, self.next_try - time.monotonic())
        ready, _, _ = select.select([0, self.web.socket] if self.web else [0], [], [], wait)
        if self.web and not ready:
            self.web.write(1, b"PING")
        if self.web and self.web.socket in ready:
            self.web.fill()
            for text in self.web.texts():
                if text != "PONG":
                    self.on_text(text)
        if 0 in ready:
            self.typed += os.read(0, 65536) or sys.exit()
            *lines, self.typed = self.typed.split(b"\n")
            for line in lines:
                self.command(line.decode())

    def run(self):
        while True:
            try:
                self.turn()
            except (Closed, OSError) as reason:
                if self.web:
                    self.web.socket.close()
                self.web = None
                show(closed=str(reason))
                if str(reason) in ("4401", "4403", "4409"):
                    return  # only a person goes on from here
                if str(reason) == "1009" and self.sending:
                    self.sent(refused=self.sending, why="too large for a frame")
                self.next_try = time.monotonic() + min(30, FIRST_WAIT * 2 ** self.failures) * random.uniform(0.5, 1)
                self.failures += 1


def show(**what):
    print(json.dumps(what), flush=True)


Client(sys.argv[1], int(sys.argv[2]), sys.argv[3]).run()
