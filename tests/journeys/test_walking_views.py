"""Views, their counts, the keys that move between them, and what a key says that cannot act."""

from __future__ import annotations

from journeys.floor import Floor

from agent_tui.model import Status


async def test_counts_are_the_desks_after_every_step(floor: Floor) -> None:
    """Five views on 1 to 5: whatever is done, the numbers in the first line are what the desk
    has, and each view holds what it says."""
    floor.hush()
    ana = await floor.seat("ana")
    assert ana.counts == floor.counts("ana")
    steps = (
        ("2", "A"),
        ("2", "e"),
        ("1", "e"),
        ("z",),
        ("2", "S"),
        ("2", "s", "t", "enter"),
        ("4", "w"),
        ("5", "E"),
        ("3", "a", *"ben", "enter"),
        ("z",),
    )
    for keys in steps:
        await ana.press(*keys)
        await ana.confirmed()
        await floor.told(ana)
        assert ana.counts == floor.counts("ana"), keys
    for key, (view, count) in zip("12345", floor.counts("ana").items(), strict=True):
        await ana.press(key)
        assert len(ana.desk.view) == count
        assert ana.part("ListHead").startswith(f" {view}")
        assert ana.selected.contact_name[:10] in ana.cursor_row


async def test_the_first_view_is_where_somebody_waits(floor: Floor) -> None:
    """Ana has customers who wait: she begins in Mine. Who has none that waits begins in
    Unassigned; when all are looked after, in All."""
    floor.hush()
    ana = await floor.seat("ana")
    assert any(
        conv.assignee == "ana" and conv.status is Status.OPEN and conv.waiting_since is not None
        for conv in floor.world.conversations.values()
    )
    assert ana.part("ListHead").startswith(" Mine")
    assert ana.selected.waiting_since is not None

    for conv in tuple(floor.world.conversations.values()):
        if conv.status is Status.OPEN and conv.assignee == "ben":
            await ana.go_to(conv.id)
            await ana.press("a", *"carla", "enter")
    await ana.confirmed()
    ben = await floor.seat("ben")
    assert ben.part("ListHead").startswith(" Unassigned")
    assert ben.counts["Mine"] == 0
    assert ben.selected.waiting_since is not None


async def test_an_empty_view_speaks(floor: Floor) -> None:
    """Where nobody is, words say so, and where somebody waits; keys that need a customer say that
    there is none; the next view is a customer again."""
    floor.hush()
    deniz = await floor.seat("deniz")
    await deniz.press("1")
    await deniz.press(*"e" * len(deniz.desk.view))
    await deniz.confirmed()
    await deniz.press("2", "1")
    words = " ".join(deniz.part("InboxList").split())
    assert "Nobody is yours." in words
    assert f"{floor.counts('deniz')['Unassigned']} are unassigned" in words
    for key in "Aarnse":
        await deniz.press(key)
        assert "No conversation is selected: choose one" in deniz.foot, key
    await deniz.press("2")
    assert deniz.selected.contact_name[:10] in deniz.cursor_row


async def test_g_and_another_key(floor: Floor) -> None:
    """g waits for the second key and says which there are; g and a letter goes to a view, to the
    first row, to who waits longest, to where one was before."""
    floor.hush()
    ana = await floor.seat("ana")
    await ana.press("g")
    assert "w Go to whoever waits longest" in ana.foot
    await ana.press("u")
    assert ana.part("ListHead").startswith(" Unassigned")
    for key, view in zip("misr", ("Mine", "All", "Snoozed", "Resolved"), strict=True):
        await ana.press("g", key)
        assert ana.part("ListHead").startswith(f" {view}"), key
    await ana.press("3", "G")
    last = ana.selected.id
    assert ana.desk.view.index_of(last) == len(ana.desk.view) - 1
    assert ana.selected.contact_name[:10] in ana.cursor_row
    await ana.press("g", "g")
    assert ana.desk.view.index_of(ana.selected.id) == 0
    waiting = {
        conv.id: conv.waiting_since
        for conv in floor.world.conversations.values()
        if conv.status is Status.OPEN and conv.waiting_since is not None
    }
    await ana.press("5", "g", "w")
    assert ana.selected.id == min(waiting, key=lambda key: waiting[key])
    here = ana.selected.id
    await ana.press("j", "g", ".")
    assert ana.selected.id == here
    await ana.press("g", "x")
    assert "does nothing here; ? shows the keys." in ana.foot


async def test_search_narrows_and_esc_restores(floor: Floor) -> None:
    """A slash and a few letters leave the rows that fit; Enter goes into the list; Esc shows all
    again, with the cursor on the one that was found."""
    floor.hush()
    ana = await floor.seat("ana")
    await ana.press("3")
    everything = len(ana.desk.view)
    wanted = ana.desk.store.get(ana.desk.view.id_at(everything - 3))
    assert wanted is not None
    await ana.press("/")
    await ana.type(wanted.contact_name.split()[0].lower())
    assert ana.selected.id == wanted.id or wanted.contact_name.split()[0] in ana.cursor_row
    assert len(ana.walk_rows) < everything
    await ana.press("enter", "G", "g", "g")
    found = ana.selected.id
    assert "searching:" in ana.part("ListHead")
    await ana.press("escape")
    assert len(ana.walk_rows) == everything
    assert "searching:" not in ana.part("ListHead")
    assert ana.selected.id == found
    assert ana.selected.contact_name[:10] in ana.cursor_row

    before = ana.selected.id
    await ana.press("/", *"no such customer anywhere")
    assert "Nothing fits. Esc shows all again." in ana.part("InboxList")
    await ana.press("escape")
    assert len(ana.walk_rows) == everything
    assert ana.selected.id == before


async def test_a_key_that_cannot_act_says_why(floor: Floor) -> None:
    """Each key that makes no sense for this customer answers with the reason, and does nothing."""
    floor.hush()
    ana = await floor.seat("ana")
    deeds = floor.deeds
    for keys, words in (
        (("5", "e"), "It is resolved already; E opens it again."),
        (("1", "A"), "It is yours already."),
        (("1", "w"), "It does not sleep; s puts it to sleep."),
        (("1", "E"), "It is open already."),
        (("1", "z"), "Nothing to undo."),
        (("1", "x"), "x does nothing here; ? shows the keys."),
        (("1", "escape"), "You are in the list; q quits."),
        (("1", "enter", "enter"), "You are in the conversation: r replies"),
        (("1", "p"), ""),
    ):
        await ana.press(*keys)
        assert words in ana.foot, keys
    current = ana.selected.priority
    await ana.press(current.value[0], "enter")
    await ana.sees("It has that priority already.")
    assert floor.deeds == deeds
