from lxml import etree

from odoo.exceptions import AccessError
from odoo.fields import Command

from .test_client_link import MAIL, PHONE, ClientCase

HIDDEN = {
    "crm.lead": ("refused_client_ids", "client_phone", "client_email", "client_user_id"),
    "crm.lead.event": ("partner_id",),
    "res.partner": (
        "client_lead_ids", "client_lead_count", "client_phone_ids", "client_source_id", "consent_ids",
        "current_consent_ids",
    ),
}  # fmt: skip
DIALOGS = (
    "crm.lead.link.client",
    "crm.lead.link.client.candidate",
    "crm.lead.link.client.consent",
    "crm.lead.link.client.mass",
    "crm.lead.link.client.mass.line",
)
FURTHER_PHONE = "+39 340 7770001"


class TestClientHidden(ClientCase):
    """Whoever may not see clients learns from nothing that the lead desk adds whether there is one: no field, table,
    dialog, search, grouping, export, view or menu says more for a client that is there than for one that is not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = cls._client(
            phone=PHONE,
            email=MAIL,
            client_phone_ids=[Command.create({"phone": FURTHER_PHONE, "label": "Daughter"})],
            client_source_id=cls.env.ref("utm.utm_source_newsletter").id,
        )
        cls.linked = cls._inquiry(company_id=cls.company.id)
        cls.linked._refuse_client(cls._client(name="Bea Neri"))
        cls.linked._link_client(cls.client)
        cls.known = cls._inquiry()
        cls.unknown = cls._inquiry(contact_name="Zoe Q", phone="+39 333 0000000", email_from=False)
        cls.env["res.config.settings"].create({"group_client_viewer": False}).execute()
        cls.env.flush_all()
        cls.env.invalidate_all()
        cls.user_own.group_ids += cls.env.ref("base.group_allow_export")

    def _mine(self, records, user=None):
        return records.with_user(user or self.user_own)

    def _rows(self):
        """A record that the hidden fields have something to say about, for each model."""
        return {
            "crm.lead": self.linked,
            "crm.lead.event": self.linked.event_ids.filtered(lambda event: event.kind == "create"),
            "res.partner": self.client,
        }

    def assertRefused(self, *acts, error=AccessError):
        """All of it is refused, in words that name no client."""
        for number, act in enumerate(acts):
            with self.subTest(number):
                try:
                    with self.env.cr.savepoint():
                        act()
                except error as refusal:
                    self.assertNotIn("Ada", str(refusal))
                else:
                    self.fail("not refused")
            self.env.invalidate_all()

    # ------------------------------------------------------------
    # FIELDS
    # ------------------------------------------------------------

    def test_fields_are_there_for_those_who_see_clients(self):
        """What the other tests look for exists, or they would prove nothing."""
        for model, names in HIDDEN.items():
            record = self._mine(self._rows()[model], self.user_all)
            known = record.fields_get()
            for name in names:
                self.assertIn(name, known)
            values = record.read(list(names))[0]
            self.assertTrue(values)

    def test_fields_are_not_named_and_not_read(self):
        for model, names in HIDDEN.items():
            record = self._mine(self._rows()[model])
            known = record.fields_get()
            for name in names:
                self.assertNotIn(name, known)
                self.assertRefused(
                    lambda record=record, name=name: record.read([name]),
                    lambda record=record, name=name: record.web_read({name: {}}),
                    lambda record=record, name=name: record.web_search_read([], {name: {}}),
                    lambda record=record, name=name: record.export_data([name]),
                    lambda record=record, name=name: record.onchange({}, [], {name: {}}),
                )

    def test_fields_are_not_searched_grouped_sorted_and_summed(self):
        for model, names in HIDDEN.items():
            records = self._mine(self.env[model])
            for name in names:
                self.assertRefused(
                    lambda records=records, name=name: records.search([(name, "!=", False)]),
                    lambda records=records, name=name: records.search_count([(name, "in", [1])]),
                    lambda records=records, name=name: records.search([(name, "any", [("id", ">", 0)])]),
                    lambda records=records, name=name: records.formatted_read_group([], [name], ["__count"]),
                    lambda records=records, name=name: records.formatted_read_group([], [], [f"{name}:count"]),
                    lambda records=records, name=name: records.web_read_group([(name, "=", False)], ["create_uid"]),
                    # what a field can't do at all says nothing either
                    error=(AccessError, ValueError),
                )
                if records._fields[name].store and not records._fields[name].type.endswith("2many"):
                    self.assertRefused(lambda records=records, name=name: records.search([], order=name))

    def test_fields_are_not_reached_by_way_of_other_records(self):
        leads, orders = self._mine(self.env["crm.lead"]), self._mine(self.env["sale.order"])
        for name in HIDDEN["res.partner"]:
            self.assertRefused(
                lambda name=name: leads.search([(f"partner_id.{name}", "!=", False)]),
                lambda name=name: orders.search([(f"partner_id.{name}", "!=", False)]),
                lambda name=name: self._mine(self.linked).export_data([f"partner_id/{name}"]),
                lambda name=name: self._mine(self.linked).web_read({"partner_id": {"fields": {name: {}}}}),
            )
        for path in ("partner_id.client_phone_ids.phone", "partner_id.client_lead_ids.phone", "event_ids.partner_id"):
            self.assertRefused(lambda path=path: leads.search([(path, "ilike", "1")]))

    def test_fields_are_not_written(self):
        mine = self._mine(self.known)
        self.assertRefused(
            lambda: mine.write({"refused_client_ids": [Command.link(self.client.id)]}),
            lambda: mine.web_save({"refused_client_ids": [Command.clear()]}, {"name": {}}),
            lambda: self._mine(self.env["crm.lead"]).create(
                {"name": "Q", "refused_client_ids": [Command.link(self.client.id)]}
            ),
            lambda: self._mine(self.client).write({"client_phone_ids": [Command.create({"phone": PHONE})]}),
            lambda: self._mine(self.client).write({"client_source_id": False}),
        )

    def test_contacts_are_worked_on_all_the_same(self):
        """What Odoo's own rights allow goes on, and keeps the clients to be found."""
        self.user_own.group_ids += self.env.ref("base.group_partner_manager")
        partner = self._mine(self.env["res.partner"]).create({"name": "Zeno Blu", "phone": "+39 333 9990001"})
        partner.phone = "+39 333 9990002"
        copy = self._mine(self.client).copy({"phone": False, "email": False})
        self.assertFalse(copy.sudo().client_phone_ids, "its numbers are those of the other one")
        self.assertFalse(copy.sudo().client_source_id)
        self._mine(self.client).web_search_read([], {"name": {}, "phone": {}}, limit=5)
        match = self._mine(self.env["crm.client.match"], self.user_all)
        self.assertEqual(match.search_candidates({"phone": "+39 333 9990002"})[0]["partner_id"], partner.id)

    # ------------------------------------------------------------
    # TABLES
    # ------------------------------------------------------------

    def test_further_phones(self):
        phones = self.client.client_phone_ids
        for user in (self.user_own, self.user_portal, self.user_public):
            mine = self._mine(phones, user)
            self.assertRefused(
                lambda mine=mine: mine.read(["phone"]),
                lambda mine=mine: mine.search([("phone", "=", FURTHER_PHONE)]),
                lambda mine=mine: mine.search_count([]),
                lambda mine=mine: mine.name_search("340"),
                lambda mine=mine: mine.create({"partner_id": self.client.id, "phone": PHONE}),
                lambda mine=mine: mine.write({"label": "Son"}),
                lambda mine=mine: mine.unlink(),
            )
        self.assertEqual(self._mine(phones, self.user_all).search([("phone", "=", FURTHER_PHONE)]), phones)

    def test_further_phones_are_changed_by_those_who_may_change_the_client(self):
        phones = self.client.client_phone_ids
        self._mine(phones, self.user_all).write({"label": "Son"})
        self.user_all.group_ids = self.env.ref("base.group_user") + self.env.ref(
            "crm_lead_lifecycle.group_client_viewer"
        )
        mine = self._mine(phones, self.user_all)
        self.assertEqual(mine.read(["label"])[0]["label"], "Son")
        self.assertRefused(
            lambda: mine.write({"label": "Daughter"}),
            lambda: mine.unlink(),
            lambda: mine.create({"partner_id": self.client.id, "phone": PHONE}),
        )

    def test_a_number_of_its_own_finds_nobody_by_name(self):
        """Odoo's search for contacts does not look at the numbers that are added here."""
        for user in (self.user_own, self.user_all):
            found = self._mine(self.env["res.partner"], user).name_search(FURTHER_PHONE)
            self.assertNotIn(self.client.id, [partner_id for partner_id, _name in found])

    def test_keys_and_claims_are_for_nobody(self):
        self.env["crm.client.claim"]._claim({"phone": PHONE, "email": MAIL})
        for user in (self.user_own, self.user_manager, self.user_admin, self.user_portal):
            for model in ("crm.client.key", "crm.client.claim"):
                records = self._mine(self.env[model], user)
                self.assertRefused(
                    lambda records=records: records.search_count([]),
                    lambda records=records: records.search_read([], ["id"], limit=1),
                    lambda records=records: records.formatted_read_group([], [], ["__count"]),
                    lambda records=records: records.browse(1).read(["id"]),
                )
                for operation in ("read", "write", "create", "unlink"):
                    self.assertFalse(records.has_access(operation))

    def test_timeline(self):
        rows = self._mine(self.env["crm.client.timeline"], self.user_all).search([("partner_id", "=", self.client.id)])
        self.assertTrue(rows)
        for user in (self.user_own, self.user_portal):
            for mine in (self._mine(rows, user), self._mine(rows.browse(16 * 10**9 + 1), user)):
                self.assertRefused(
                    lambda mine=mine: mine.read(["name"]),
                    lambda mine=mine: mine.search([("partner_id", "=", self.client.id)]),
                    lambda mine=mine: mine.search_count([]),
                    lambda mine=mine: mine.formatted_read_group([], ["kind"], ["__count"]),
                    lambda mine=mine: mine.action_open_document(),
                )
        self.assertRefused(lambda: self._mine(rows).export_data(["name"]))

    # ------------------------------------------------------------
    # DIALOGS
    # ------------------------------------------------------------

    def test_dialogs_open_on_no_path(self):
        """Neither made, nor tried out, nor read once somebody else has made them."""
        dialog = self._dialog(self.known, self.user_all)
        mass = self.env["crm.lead.link.client.mass"].with_user(self.user_all).create({"lead_ids": self.known.ids})
        made = dict(zip(DIALOGS, (dialog, dialog.candidate_ids, dialog.consent_ids, mass, mass.line_ids), strict=True))
        self.assertTrue(all(made.values()))
        for user in (self.user_own, self.user_portal):
            for records in made.values():
                mine, one = self._mine(records, user), self._mine(records[:1], user)
                values = {"lead_id": self.known.id, "partner_id": self.client.id, "wizard_id": records[:1].id}
                values = {name: value for name, value in values.items() if name in mine._fields}
                spec = {name: {} for name in mine._fields}
                self.assertRefused(
                    lambda mine=mine: mine.read(["display_name"]),
                    lambda mine=mine: mine.web_read({"display_name": {}}),
                    lambda mine=mine: mine.search([]),
                    lambda mine=mine: mine.name_search(""),
                    lambda mine=mine, values=values: mine.create(values),
                    lambda one=one, values=values: one.web_save(values, {}),
                    lambda mine=mine, values=values: mine.browse().web_save(values, {}),
                    lambda mine=mine, values=values, spec=spec: mine.browse().onchange(values, [], spec),
                    lambda one=one, values=values, spec=spec: one.onchange(values, ["lead_id"], spec),
                )
                self.assertFalse({"lead_id", "partner_id"} & mine.default_get(list(spec)).keys())
        self.assertRefused(
            lambda: self._mine(dialog).action_link(),
            lambda: self._mine(dialog).action_create(),
            lambda: self._mine(dialog).action_forget_refusals(),
            lambda: self._mine(dialog.candidate_ids[:1]).action_refuse(),
            lambda: self._mine(mass).action_apply(),
        )
        self.assertClient(self.known, self.client[:0], "new")

    def test_refusals_do_not_depend_on_the_client(self):
        acts = (
            lambda lead: lead.action_link_client(),
            lambda lead: lead.env["crm.lead.link.client"].create({"lead_id": lead.id}),
            lambda lead: lead.env["crm.lead.link.client.mass"].create({"lead_ids": lead.ids}),
            lambda lead: lead.env["crm.lead.link.client"].onchange({"lead_id": lead.id}, [], {"candidate_ids": {}}),
            lambda lead: lead.search([("id", "=", lead.id), ("partner_id.client_phone_ids.phone", "=", lead.phone)]),
            lambda lead: lead.read(["client_phone"]),
        )
        for number, act in enumerate(acts):
            words, queries = set(), []
            for lead in (self.known, self.known, self.unknown):  # the first one fills the caches
                self._forget()
                before = self.env.cr.sql_log_count
                with self.assertRaises(AccessError) as refusal:
                    act(self._mine(lead))
                words.add(str(refusal.exception).replace(str(lead.id), ""))
                queries.append(self.env.cr.sql_log_count - before)
            with self.subTest(number):
                self.assertEqual(len(words), 1)
                self.assertEqual(queries[1], queries[2])

    def test_queue_does_not_say_whether_there_is_a_client(self):
        results = []
        for lead in (self.known, self.unknown):
            results.append(self._mine(lead).action_request_client())
            self._forget()
            results.append(self._mine(lead).read(["client_status", "date_client", "partner_id", "is_contact_kept"])[0])
            results[-1].pop("id")
        self.assertEqual(results[:2], results[2:])

    # ------------------------------------------------------------
    # VIEWS
    # ------------------------------------------------------------

    def test_views_do_not_name_what_is_hidden(self):
        for model in ("crm.lead", "res.partner", "sale.order"):
            kinds = [(False, kind) for kind in ("form", "list", "kanban", "search")]
            hidden = self._mine(self.env[model]).get_views(kinds)
            shown = self._mine(self.env[model], self.user_all).get_views(kinds)
            for other, names in HIDDEN.items():
                if other in hidden["models"]:
                    self.assertFalse(set(names) & hidden["models"][other]["fields"].keys(), (model, other))
            for word in (
                "action_link_client", "lead_client_hint", "client_requested_by_id", 'name="client_requested"',
                "action_open_client_timeline", "action_view_client_leads",
            ):  # fmt: skip
                archs = [str(view["arch"]) for view in hidden["views"].values()]
                self.assertFalse([arch for arch in archs if word in arch], (model, word))
            self.assertGreaterEqual(len(str(shown)), len(str(hidden)))

    def test_views_ask_for_no_field_that_is_hidden(self):
        """Odoo adds a field that a condition asks for, and the page of whoever may not read it breaks."""
        for model in ("crm.lead", "res.partner", "sale.order"):
            for kind in ("form", "list", "kanban", "search"):
                view = self._mine(self.env[model]).get_views([(False, kind)])
                arch = etree.fromstring(view["views"][kind]["arch"])
                names = set(arch.xpath("//field[not(ancestor::field)]/@name"))
                self.assertFalse(names - view["models"][model]["fields"].keys(), (model, kind))

    def test_queue_of_others_has_no_menu(self):
        menu = self.env.ref("crm_lead_lifecycle.crm_lead_menu_client_queue")
        self.assertIn(menu.id, self._mine(menu, self.user_all)._visible_menu_ids())
        self.assertNotIn(menu.id, self._mine(menu)._visible_menu_ids())

    def test_orders_show_no_leads(self):
        order = self._order(self.client, user_id=self.user_own.id)
        self.assertIn(self.known, self._mine(order, self.user_all).active_lead_ids)
        self.assertFalse(self._mine(order).active_lead_ids)
        values = self._mine(order.browse()).onchange(
            {"partner_id": self.client.id}, ["partner_id"], {"active_lead_ids": {"fields": {}}}
        )["value"]
        self.assertFalse(values.get("active_lead_ids"))

    # ------------------------------------------------------------
    # OF ANOTHER COMPANY
    # ------------------------------------------------------------

    def test_whoever_sees_clients_does_not_see_those_of_other_companies(self):
        """Not by naming one in a dialog, and not on the card of a lead that has it."""
        foreign = self._client(phone="+39 02 5550199", company_id=self.other_company.id)
        foreign.client_phone_ids = [Command.create({"phone": "+39 02 5550188"})]
        dialog = self._dialog(self.known, self.user_all)
        candidate = dialog.candidate_ids.create({"wizard_id": dialog.id, "partner_id": foreign.id})
        values = {"partner_id": foreign.id}
        spec = {name: {} for name in ("phone", "email", "city", "differences")}
        self._forget()
        self.assertRefused(
            lambda: candidate.read(["phone"]),
            lambda: candidate.browse().onchange(values, [], spec),
            lambda: dialog.write({"choice": "other", "partner_id": foreign.id}) and dialog.action_link(),
            lambda: self._mine(foreign.client_phone_ids, self.user_all).read(["phone"]),
        )
        lead = self._inquiry()
        self._set_in_database(lead, partner_id=foreign.id, client_status="linked")
        card = self._mine(lead, self.user_all).read(["client_phone", "client_email", "client_user_id"])[0]
        self.assertFalse(any(card[name] for name in ("client_phone", "client_email", "client_user_id")))
        self.assertEqual(self._mine(self.linked, self.user_all).client_phone, PHONE)
