/** What a connector's own test says about it: what it supports, and how to get a fresh place for objects. No logic. */
import type { Connector } from '../store/connector.js';
import type { Maybe } from './shim.js';

/** Promises as data. The suite tests both sides of each. */
export interface ConnectorSupport {
  /** It has `release`: an object for several consumers goes with the last of them. */
  readonly counts: boolean;
  /** What has expired is gone, whoever asks. Otherwise only whoever put it removes it, by `sweep`. */
  readonly expires: boolean;
  /** `onProgress` may hear of an object's parts, not only of its end. */
  readonly streams: boolean;
  /** Bytes that the place of `open(maxBytes)` refuses to exceed. Default true. */
  readonly bounded?: boolean;
}

export interface ConnectorWorld {
  /** One more connector to the same place; where that cannot be, the same one again. */
  connector(): Maybe<Connector>;
  /** Called last, for what else was opened. */
  close?(): Maybe<unknown>;
}

export interface ConnectorUnderTest {
  readonly supports: ConnectorSupport;
  /** A fresh place; bounded, if `maxBytes` says so, in the bytes of all objects together. */
  open(maxBytes?: number): Maybe<ConnectorWorld>;
}
