/** `VERSION` of server/protocol/src/lib.rs; to an older page the server sends no heartbeats. */
export const PROTOCOL_VERSION = 3;
