import { io } from 'socket.io-client';
import { type Control, type ControlMessage, RECONNECT_MS, SEND_TIMEOUT_MS } from './control.ts';

const ACK_TIMEOUT_MS = 2_000;

export const socketIo: Control = {
  name: 'Socket.IO',
  about: 'Redis Streams adapter, connection state recovery, client retries until acknowledged',
  program: new URL('./socket-io-server.ts', import.meta.url),
  connect: ({ port, conversationIds, onMessage }) => {
    let joined = false;
    const socket = io(`http://127.0.0.1:${port}`, {
      transports: ['websocket'],
      auth: { conversationIds },
      forceNew: true,
      reconnectionDelay: RECONNECT_MS,
      reconnectionDelayMax: RECONNECT_MS,
      // A send is repeated until it is acknowledged: https://socket.io/docs/v4/delivery-guarantees
      retries: Math.ceil(SEND_TIMEOUT_MS / ACK_TIMEOUT_MS),
      ackTimeout: ACK_TIMEOUT_MS,
    });
    socket.on('joined', () => {
      joined = true;
    });
    socket.on('disconnect', () => {
      joined = false;
    });
    socket.on('message', (message: ControlMessage) => onMessage(message));
    return {
      get connected() {
        return socket.connected && joined;
      },
      send: async (message) => {
        await socket.emitWithAck('send', message);
      },
      close: async () => {
        socket.disconnect();
      },
    };
  },
};
