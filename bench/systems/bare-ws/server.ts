/** What no server can do without: parse, answer, and write one ready string to each recipient. It keeps nothing. */
import { type WebSocket, WebSocketServer } from 'ws';
import { answerCalls, programSettings } from '../../frame/answer-calls.ts';
import { cursorOf, entryOf, receiptOf } from '../message.ts';
import type { ServerProgramSettings } from '../system.ts';

interface Frame {
  readonly id: number;
  readonly user?: string;
  readonly group?: { readonly name: string; readonly members: readonly string[] };
  readonly to: string;
  readonly clientMessageId: string;
  readonly text: string;
}

const { port } = programSettings<ServerProgramSettings>();
/** A user's name, or a group's → the sockets that are sent to. */
const recipients = new Map<string, Set<WebSocket>>();
let seq = 0;

const server = new WebSocketServer({ port, host: '127.0.0.1', perMessageDeflate: false });
server.on('connection', (socket) => {
  let user = '';
  socket.on('message', (data: Buffer) => {
    const { id, to, ...frame } = JSON.parse(data.toString()) as Frame;
    if (frame.user !== undefined) {
      user = frame.user;
      recipients.set(user, new Set([...(recipients.get(user) ?? []), socket]));
      socket.send(JSON.stringify({ id }));
    } else if (frame.group !== undefined) {
      const { name, members } = frame.group;
      recipients.set(name, new Set(members.flatMap((member) => [...(recipients.get(member) ?? [])])));
      socket.send(JSON.stringify({ id }));
    } else {
      seq += 1;
      const entry = entryOf(seq, user, to, frame.clientMessageId, frame.text);
      // The envelope is Tidemark's, so that there are as many bytes to carry.
      const cursor = cursorOf(seq);
      const item = { id: cursor, data: { type: 'entries', entries: [entry] } };
      const text = JSON.stringify({ id: 1, result: { type: 'data', data: item, id: cursor } });
      for (const recipient of recipients.get(to) ?? []) recipient.send(text);
      socket.send(JSON.stringify({ id, result: { type: 'data', data: receiptOf(entry) } }));
    }
  });
  socket.on('close', () => {
    for (const sockets of recipients.values()) sockets.delete(socket);
  });
});
server.once('listening', () => answerCalls({}));
