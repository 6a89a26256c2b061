"""What the desk's agents and bots have said in conversations that lie in the past.

These are lines of the simulated company, in the customer's language; they are data, no words of
the program, and are not translated.
"""

from __future__ import annotations

FIRST: dict[str, tuple[str, ...]] = {
    "de": (
        "Hallo, danke für die Nachricht. Ich schaue mir das gleich an.",
        "Guten Tag, hier ist der Kundenservice von Nordlicht. Einen Moment bitte, ich sehe nach.",
        "Hallo! Tut mir leid, dass das so gelaufen ist. Ich kümmere mich darum.",
        "Hallo, gern. Ich habe die Bestellung gerade offen vor mir.",
        "Danke fürs Melden. Darf ich kurz nachfragen, um welchen Artikel es geht?",
    ),
    "en": (
        "Hello, thanks for getting in touch. Let me look into this right away.",
        "Hi, this is Nordlicht customer service. One moment please, I am checking.",
        "Hi! Sorry that this happened. I will take care of it.",
        "Hello, of course. I have your order open in front of me.",
        "Thanks for letting us know. Which item is it about, please?",
    ),
}

MORE: dict[str, tuple[str, ...]] = {
    "de": (
        "Danke für die Angaben. Ich habe im Lager nachgefragt und melde mich, wenn ich etwas weiß.",
        "Verstanden. Ich habe das so eingetragen, eine Bestätigung kommt gleich per E-Mail.",
        "Das kann ich gut nachvollziehen. Ich kläre das intern und komme heute noch zurück.",
        "Die Sendung liegt noch im Depot. Ich habe eine Nachforschung angestoßen.",
        "Ich habe die Kollegin aus der Buchhaltung dazugeholt, sie prüft das.",
    ),
    "en": (
        "Thanks for the details. I have asked the warehouse and will be back as soon as I hear.",
        "Understood. I have noted it, a confirmation will reach you by e-mail shortly.",
        "I quite understand. I am clearing this up with the team and will be back today.",
        "The parcel is still at the depot. I have started an enquiry with the carrier.",
        "I have brought in a colleague from accounting, she is checking it now.",
    ),
}

LAST: dict[str, tuple[str, ...]] = {
    "de": (
        "So, das ist erledigt. Kann ich sonst noch etwas tun?",
        "Alles veranlasst. Schönen Tag noch!",
        "Die Gutschrift ist unterwegs, das dauert zwei bis drei Werktage.",
        "Ersatz ist verschickt, die Sendungsnummer kommt per E-Mail.",
    ),
    "en": (
        "There, that is done. Is there anything else I can do?",
        "All arranged. Have a good day!",
        "The refund is on its way, it takes two to three working days.",
        "A replacement has been sent, the tracking number follows by e-mail.",
    ),
}

LATER: dict[str, tuple[str, ...]] = {
    "de": (
        "Ich warte noch auf eine Antwort vom Versender und melde mich dann.",
        "Das Lager schaut nach. Ich melde mich spätestens morgen.",
    ),
    "en": (
        "I am waiting for the carrier to answer and will get back to you.",
        "The warehouse is checking. I will be back by tomorrow at the latest.",
    ),
}

THANKS: dict[str, tuple[str, ...]] = {
    "de": ("Danke!", "Super, vielen Dank"),
    "en": ("Thanks!", "Great, thank you"),
}

FOLLOW_UPS: dict[str, tuple[str, ...]] = {
    "de": (
        "Noch was: kann ich die Lieferadresse ändern?",
        "Und wie lange dauert das ungefähr?",
        "Ich bin noch bis 18 Uhr erreichbar",
        "Hab gerade gesehen, dass die Bestätigungsmail auch nicht kam",
        "ok ich warte",
        "Die Bestellnummer steht übrigens in der Mail von gestern",
    ),
    "en": (
        "One more thing: can I still change the delivery address?",
        "And how long will that take, roughly?",
        "I can be reached until six",
        "Just noticed that the confirmation e-mail never came either",
        "ok, waiting",
        "The order number is in yesterday's e-mail, by the way",
    ),
}

NOTES = (
    "Depot sagt: Adresse unklar, nach Etage fragen",
    "hat schon zweimal angerufen, bitte nicht weiterreichen",
    "refund approved by Carla, up to 50 €",
    "Lager findet die Retoure nicht, Ticket 4471 offen",
    "asked shipping, answer expected this afternoon",
    "Kulanz ok, steht so mit Emma ab",
)

BOT_HANDOVER = {
    "de": "Ich verbinde dich mit einer Kollegin. Bitte einen Moment Geduld.",
    "en": "Let me connect you with a colleague. Please hang on for a moment.",
}

FAILURES = (
    "the number does not exist",
    "the phone has not been reachable for a day",
    "the recipient has blocked this sender",
)

# ── one long thread: a café is being furnished ──────────────────────────────────────────

PROJECT_ITEMS = (
    "Stühle Lotse", "Tische Kontor", "Regale Watt", "Lampen Leuchtturm", "Hocker Möwe",
    "Becher Brise", "Teller Hafen", "Decken Düne", "Kissen Gischt", "Haken Anker",
    "Spiegel Luke", "Teppiche Strand",
)  # fmt: skip
PROJECT_COLOURS = ("Eiche", "petrol", "anthrazit", "kobalt", "sand", "weiß", "Nussbaum")
PROJECT_ASKS = (
    "Was kosten {n} {item} in {colour}?",
    "Und {item} in {colour}, habt ihr {n} auf Lager?",
    "{item}: lieber {colour}, davon {n}. Geht das noch?",
    "Der Elektriker war da, wir brauchen jetzt doch {n} {item}",
    "{n} {item} sind angekommen, eine davon in der falschen Farbe ({colour} war bestellt)",
    "Passen {item} in {colour} eigentlich zu denen vom letzten Mal?",
    "Bitte {n} {item} in {colour} mit auf die nächste Lieferung",
)
PROJECT_ANSWERS = (
    "{item} in {colour}: {n} sind da, {price} € das Stück. Soll ich sie reservieren?",
    "Ist notiert: {n} {item}, {colour}. Kommt mit der Lieferung am Donnerstag.",
    "{colour} ist bei {item} erst nächste Woche wieder da. Eiche ginge sofort.",
    "Das tut mir leid. Ersatz geht heute raus, das falsche Stück bitte einfach mitgeben.",
    "Ja, die passen, ist dieselbe Charge. {n} liegen bereit.",
    "Für {n} kann ich {price} € das Stück anbieten, Versand frei.",
)
