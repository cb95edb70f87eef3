import type { Content, TargetInput } from '@tidemark/core';

/**
 * A message that the application sends in the name of `as`, who is a member of the conversation, or has a privilege.
 *
 * @typeParam In content as senders write it
 */
export type SendAs<In> = {
  /** User id of the sender. */
  as: string;
  /** Default: a new one, so that two calls are two messages. */
  clientMessageId?: string | undefined;
  /** An earlier message of the conversation; `message_not_found` where there is none, or its sender may not see it. */
  replyTo?: TargetInput | undefined;
} & Privileged &
  Where &
  Content<In>;

/** The conversation, or the user with whom `as` has a direct one: it comes into being with its first message. */
type Where = { conversationId: string; to?: undefined } | { to: string; conversationId?: undefined };

/** A call of the application by which `as` does something where they are perhaps no member. */
export interface Privileged {
  /**
   * `as` need not be a member: in a direct conversation or a group that is there they see everything, and may do what its owner may.
   * Messages of one's own alone can be edited, and windows of time hold, as for everybody. What users have for themselves alone stays
   * closed. Default: `as` may do what they may as a user.
   */
  privileged?: true | undefined;
}
