"""Writing: what the composer holds, for which conversation, and where its words go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent_tui import canned
from agent_tui.canned import CannedReply, Filled
from agent_tui.commands import BY_ID, Place
from agent_tui.desk import CannotDo
from agent_tui.i18n import _, language
from agent_tui.model import Conversation, ConversationId
from agent_tui.ops import Note, Send, TypingSignal
from agent_tui.sanitise import Field, sanitise
from agent_tui.shown import Mode, SendState, Words

if TYPE_CHECKING:
    from agent_tui.console.screen import Console


class Writing:
    """What happens to words. They belong to a conversation from the first key on."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._desk = console.desk
        self.mode = Mode.REPLY

    @property
    def active(self) -> bool:
        """The agent is typing."""
        return self._console.place is Place.COMPOSER

    def compose(self, mode: Mode, *, canned: bool = False) -> None:
        """Begin (or go on) writing to the selected conversation."""
        conv = self._desk.need()
        self.mode = mode
        self._console.walk.choose()
        self._console.focus_pane(Place.CONVERSATION)
        self.bind(conv)
        self._console.composer.focus()
        if canned:
            self._console.ask.canned("")

    def bind(self, conv: Conversation | None, *, anew: bool = False) -> None:
        """Put the draft of `conv` into the composer, unless (`anew`: even if) it is there."""
        composer = self._console.composer
        if conv is None or anew:
            composer.unbind()
        if conv is None:
            return
        if composer.bound != (conv.id, self.mode):
            words = self._desk.draft(conv.id, self.mode)
            composer.bind(conv.id, self.mode, conv.contact_name, conv.channel, words)
        composer.window(conv.window_closes_at, self._desk.clock.now())

    def prefer_draft(self, conversation: ConversationId) -> None:
        """Choose the mode in which words wait, so that they are seen."""
        reply = self._desk.draft(conversation, Mode.REPLY).text
        note = self._desk.draft(conversation, Mode.NOTE).text
        self.mode = Mode.NOTE if note and not reply else Mode.REPLY

    def rest(self) -> None:
        """Nobody types: a composer at rest is one for replies, unless a note waits in it."""
        conv = self._desk.conversation
        if conv is not None:
            self.prefer_draft(conv.id)
        self.bind(conv)

    def leave(self) -> None:
        """Another conversation comes to the screen: what is written stays with the one before, and
        the next letter must not be the first of somebody else's reply."""
        if not self.active:
            return
        if self._desk.selected is not None:
            self._desk.signal(TypingSignal(self._desk.selected, on=False))
        self._console.focus_pane(Place.CONVERSATION)

    def keep(self, conversation: ConversationId, mode: Mode, words: Words) -> None:
        """Something was typed."""
        self._desk.keep_draft(conversation, mode, words)

    def send(self, conversation: ConversationId, mode: Mode, text: str, then: str) -> None:
        """Send words, and then resolve or snooze, where that was asked for."""
        with self._desk.one_step():
            self._send(conversation, mode, text, then)
            self._then(conversation, then)

    def _send(self, conversation: ConversationId, mode: Mode, text: str, then: str) -> None:
        desk, console = self._desk, self._console
        command = BY_ID[f"send-{then}" if then else "send"]
        try:
            if reason := command.blocked(console):
                raise CannotDo(reason)
            desk.send(conversation, text, mode, console.transcript.seen_seq(conversation))
        except CannotDo:
            if text not in self.current(conversation, mode).text:
                self.restore(conversation, mode, text)
            raise
        if conversation == desk.selected:
            console.transcript.to_end()
            if not self.active:  # whoever types on is still writing the same kind of text
                self.rest()
                console.focus_pane(Place.CONVERSATION)
        console.show.hush()
        conv = desk.store.get(conversation)
        name = conv.contact_name if conv else ""
        if mode is Mode.NOTE:
            console.say(_("Note for colleagues; {name} does not see it.").format(name=name))

    def _then(self, conversation: ConversationId, then: str) -> None:
        """What was asked for behind a text, for the conversation it was written in."""
        if then == "resolve":
            self._desk.resolve(conversation)
            words = _("{name} is resolved, with your text before it.")
        elif then == "snooze":
            self._desk.snooze(None, conversation)
            words = _("{name} sleeps until the customer writes; your text goes first.")
        else:
            return
        self._console.acted(words, conversation, advance=True)

    def press(self, action: str) -> None:
        """A key of the composer's was chosen from the palette or the help."""
        self._console.composer.act(action)

    def current(self, conversation: ConversationId, mode: Mode) -> Words:
        """What is written there now: in the composer, or else in the draft."""
        if self._console.composer.bound == (conversation, mode):
            return self._console.composer.words
        return self._desk.draft(conversation, mode)

    def restore(self, conversation: ConversationId, mode: Mode, text: str) -> None:
        """Bring words back into the draft, in front of what has been written since.

        Whoever is typing goes on where she is: in the same mode, at the same letter.
        """
        now = self.current(conversation, mode)
        joined = "\n\n".join(part for part in (text, now.text) if part.strip())
        lines = joined.split("\n")
        cursor = (len(lines) - 1, len(lines[-1]))
        if self.active and now.text.strip() and text.strip():
            row, column = now.cursor
            cursor = (row + text.count("\n") + 2, column)
        self._desk.keep_draft(conversation, mode, Words(joined, cursor))
        if conversation != self._desk.selected or (self.active and mode is not self.mode):
            return
        self.mode = mode
        self.bind(self._desk.conversation, anew=True)

    def refused(self, conversation: ConversationId) -> None:
        """The desk refused words, or what they were written behind: they come back as drafts."""
        stuck = (SendState.FAILED, SendState.HELD)
        for parked in reversed(self._desk.store.outbox.of(conversation)):
            if parked.state not in stuck or not isinstance(parked.op, Send | Note):
                continue
            if self._desk.take_back(parked.op.id) is not None:
                self._desk.forget(parked.op.id)
                mode = Mode.NOTE if isinstance(parked.op, Note) else Mode.REPLY
                self.restore(conversation, mode, parked.op.text)

    def switch(self) -> None:
        """Reply becomes note and the other way round; each has words of its own."""
        self.mode = Mode.REPLY if self.mode is Mode.NOTE else Mode.NOTE
        self.bind(self._desk.conversation)
        self._console.composer.focus()

    def fill(self, reply: CannedReply) -> Filled:
        """What a canned reply says to the selected customer."""
        conv = self._desk.need()
        store = self._desk.store
        me = store.agents.get(store.me)
        if me is None:
            raise CannotDo(_("The desk has not said who you are yet; wait a moment."))
        company = self._console.company or store.desk_name
        contact = store.contact_of(conv)
        spoken = contact.language if contact is not None and contact.language else language()
        values = canned.values_for(contact, conv, me, company, spoken)
        return canned.fill(reply, values)

    def insert(self, reply_id: str) -> None:
        """Put a canned reply into the composer, filled."""
        replies = self._console.library.replies
        reply = next((reply for reply in replies if reply.id == reply_id), None)
        if reply is not None:
            text = sanitise(self.fill(reply).text, Field.COMPOSER)
            self._console.composer.insert(text)
            self._console.composer.focus()
