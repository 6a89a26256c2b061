"""Who works at the mock desk, and how the house is set up."""

from __future__ import annotations

from agent_tui.backends.mock.records import Agent, Desk, Team

AGENTS = (
    Agent("ana", "Ana Weber"),
    Agent("ben", "Ben Keller"),
    Agent("carla", "Carla Rossi"),
    Agent("deniz", "Deniz Kaya"),
    Agent("emma", "Emma Schulz"),
    Agent("finn", "Finn Olsen"),
)

TEAMS = (
    Team("support", "Support", ("ana", "carla", "deniz")),
    Team("returns", "Returns", ("ana", "ben")),
    Team("shipping", "Shipping", ("ben", "emma", "finn")),
    Team("billing", "Billing", ("carla", "emma")),
)

LABELS = (
    "refund",
    "delivery",
    "return",
    "invoice",
    "complaint",
    "vip",
    "payment",
    "address",
    "sizing",
    "voucher",
    "warranty",
    "spam",
)

DESK = Desk("Nordlicht Versand", "Europe/Berlin", AGENTS, TEAMS, LABELS)
