from contextlib import contextmanager
from datetime import datetime, timedelta

from odoo import fields
from odoo.addons.base.tests.common import DISABLED_MAIL_CONTEXT
from odoo.addons.mail.tests.common import MailCase
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

# as one row says it, whatever the cache believes
STATE_COLUMNS = (
    "stage_id",
    "stage_type",
    "won_status",
    "active",
    "probability",
    "date_closed",
    "lost_reason_id",
    "lost_from_stage_id",
    "client_status",
)


@tagged("post_install", "-at_install")
class LeadCase(MailCase):
    """Three sales roles, an administrator, a portal user, two companies and stages of all five types."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, **DISABLED_MAIL_CONTEXT})
        cls._set_up_companies()
        cls._set_up_users()
        cls._set_up_stages()
        cls.reason = cls.env["crm.lost.reason"].create({"name": "Too far away"})
        cls.removal_reason = cls.env["crm.removal.reason"].create({"name": "A robot"})

    @classmethod
    def _set_up_companies(cls):
        cls.company = cls.env.company
        cls.other_company = cls.env["res.company"].create({"name": "Other Campings"})

    @classmethod
    def _set_up_users(cls):
        def user(login, groups, companies=cls.company):
            return new_test_user(
                cls.env,
                login,
                groups,
                company_id=companies[0].id,
                company_ids=[Command.set(companies.ids)],
                tz="Europe/Rome",
            )

        cls.user_own = user("lead_own", "sales_team.group_sale_salesman")
        cls.user_all = user("lead_all", "sales_team.group_sale_salesman_all_leads")
        cls.user_manager = user("lead_manager", "sales_team.group_sale_manager", cls.company + cls.other_company)
        cls.user_admin = user("lead_admin", "base.group_system,sales_team.group_sale_manager")
        cls.user_other_company = user("lead_other", "sales_team.group_sale_manager", cls.other_company)
        cls.user_portal = user("lead_portal", "base.group_portal")
        cls.user_public = cls.env.ref("base.public_user")
        # teams of the demo data do not choose for us
        cls.env["crm.team"].search([]).sequence = 9999
        members = cls.user_own + cls.user_all
        cls.team = cls.env["crm.team"].create(
            {"name": "Lead Desk", "sequence": 1, "company_id": False, "member_ids": [Command.set(members.ids)]}
        )

    @classmethod
    def _set_up_stages(cls):
        cls.lead_type = cls.env.ref("crm_lead_lifecycle.crm_lead_type_default")
        # stages that are there already come after ours, the lost ones of them not at all
        old_stages = cls.env["crm.stage"].search([])
        old_stages.sequence = 9999
        old_stages.filtered(lambda stage: stage.stage_type in ("not_interested", "abandoned")).active = False

        def stage(name, sequence, stage_type, **values):
            values = {"name": name, "sequence": sequence, "stage_type": stage_type, **values}
            return cls.env["crm.stage"].create(values)

        cls.stage_new = stage("Just in", 1, "open")
        cls.stage_working = stage("At work", 2, "open", lead_type_ids=cls.lead_type.ids)
        cls.stage_late = stage("Proposal out", 3, "open")
        cls.stage_frozen = stage("On ice", 4, "frozen")
        cls.stage_won = stage("Booked", 5, "qualified")
        cls.stage_lost = stage("Does not want", 6, "not_interested", lead_type_ids=cls.lead_type.ids)
        cls.stage_lost_why = stage("Went elsewhere", 7, "not_interested", lost_reason_required=True)
        cls.stage_abandoned = stage("Forgotten", 8, "abandoned")
        cls.stages = (
            cls.stage_new
            + cls.stage_working
            + cls.stage_late
            + cls.stage_frozen
            + cls.stage_won
            + cls.stage_lost
            + cls.stage_lost_why
            + cls.stage_abandoned
        )

    # ------------------------------------------------------------
    # BUILDING
    # ------------------------------------------------------------

    @classmethod
    def _lead(cls, stage=None, user=None, **values):
        """A lead in ``stage`` (default: where leads start), made by ``user`` (default: a machine, for ``user_own``)."""
        leads = cls.env["crm.lead"].with_user(user or cls.env.user)
        values = {"name": "A week by the sea", "type": "opportunity", "user_id": (user or cls.user_own).id, **values}
        if stage:
            values["stage_id"] = stage.id
        return leads.create(values).with_env(cls.env)

    @classmethod
    def _lead_type(cls, **values):
        """A lead type without stages of its own."""
        return cls.env["crm.lead.type"].create({"name": "Booking", "stage_ids": [Command.clear()], **values})

    @classmethod
    def _office_hours(cls, begin=8, end=17):
        """A calendar: work from Monday to Friday, by the clock of Rome."""
        return cls.env["resource.calendar"].create(
            {
                "name": "Office",
                "tz": "Europe/Rome",
                "attendance_ids": [
                    Command.clear(),
                    *(
                        Command.create(
                            {
                                "name": "Day",
                                "dayofweek": str(day),
                                "hour_from": begin,
                                "hour_to": end,
                                "day_period": "full_day",
                            }
                        )
                        for day in range(5)
                    ),
                ],
            }
        )

    def _holiday(self, day, company, **values):
        """A day on which nobody of a company works, by the clock of Rome in winter. Odoo gives it the company of who
        enters it, which in tests is always the same."""
        end = fields.Datetime.to_datetime(f"{day} 23:00:00")
        values = {"name": "Holiday", "date_from": end - timedelta(days=1), "date_to": end, **values}
        self._set_in_database(self.env["resource.calendar.leaves"].create(values), company_id=company.id)

    @classmethod
    def _stage_like_stock(cls):
        """No stage of the type says that a lead is lost: losing leaves it where it is, as Odoo does."""
        lost = cls.env["crm.stage"].search([("stage_type", "in", ("not_interested", "abandoned"))])
        lost.active = False

    def _lose_by_sql(self, leads):
        """Leads that were lost before the module was there: archived, in an open stage."""
        self.env.flush_all()
        self.env.cr.execute(
            """UPDATE crm_lead SET active = false, probability = 0, automated_probability = 0, won_status = 'lost',
                      date_closed = '2025-03-01 08:00:00', lost_reason_id = %s WHERE id = ANY(%s)""",
            [self.reason.id, leads.ids],
        )
        self.env.invalidate_all()

    def _set_in_database(self, records, **values):
        """Write what the ORM keeps to itself, such as creation dates."""
        self.env.flush_all()
        for name, value in values.items():
            self.env.cr.execute(f"UPDATE {records._table} SET {name} = %s WHERE id = ANY(%s)", [value, records.ids])
        self.env.invalidate_all()

    def _count_queries(self, function):
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        function()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def _columns(self, leads):
        """The pipeline's columns as the kanban view loads them, by stage."""
        leads_of_view = self.env["crm.lead"].with_context(read_group_expand=True)
        groups = leads_of_view.formatted_read_group([("id", "in", leads.ids)], ["stage_id"], ["__count"])
        return {group["stage_id"][0]: group for group in groups if group["stage_id"]}

    def _at(self, text):
        """A moment in UTC, for the clock and for the transaction."""
        return self.mock_datetime_and_now(datetime.fromisoformat(text))

    def _events(self, leads, *kinds):
        """Events in the order in which they happened."""
        events = self.env["crm.lead.event"].search([("lead_id", "in", leads.ids)], order="id")
        return events.filtered(lambda event: event.kind in kinds) if kinds else events

    # ------------------------------------------------------------
    # ASSERTING
    # ------------------------------------------------------------

    def assertLeadState(self, leads, stage, status, lost_from=None, reason=None):
        """Everything that says how a lead stands says the same, in the database and through a search.

        :param status: ``pending``, ``won``, ``lost`` or ``removed``
        """
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertTrue(leads, "no lead to look at")
        expected = {
            "stage_id": stage.id,
            "stage_type": stage.stage_type,
            "won_status": "pending" if status == "removed" else status,
            "active": status in ("pending", "won"),
            "lost_reason_id": reason.id if reason else None,
            "lost_from_stage_id": lost_from.id if lost_from else None,
        }
        for lead in leads:
            self.env.cr.execute(f"SELECT {', '.join(STATE_COLUMNS)} FROM crm_lead WHERE id = %s", [lead.id])
            row = dict(zip(STATE_COLUMNS, self.env.cr.fetchone(), strict=True))
            self.assertEqual({name: row[name] for name in expected}, expected, lead.name)
            self.assertEqual(row["client_status"] == "removed", status == "removed")
            if status == "won":
                self.assertEqual(row["probability"], 100)
            elif status == "lost":
                self.assertEqual(row["probability"], 0)
            elif status == "pending":
                self.assertNotEqual(row["probability"], 100, "open, yet as probable as a won lead")
            if status != "removed":
                self.assertEqual(bool(row["date_closed"]), status in ("won", "lost"), "date of closing")
        everywhere = leads.with_context(active_test=False)
        domain = [("stage_type", "=", stage.stage_type), ("won_status", "=", expected["won_status"])]
        self.assertEqual(everywhere.search([*domain, ("id", "in", leads.ids)], order="id"), leads.sorted("id"))


class TypeCase(LeadCase):
    """Beside the default type one of repairs, each with stages of its own: Asked, Looked at, Waiting (frozen), Repaired
    (won), Gone (lost). Tests say which moves it has; without any it is free."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stages.lead_type_ids = cls.lead_type
        cls.repair = cls._lead_type(name="Repair")
        cls.asked, cls.looked, cls.waiting, cls.repaired, cls.gone = cls._add_stages(
            cls.repair,
            ("Asked", "open"),
            ("Looked at", "open"),
            ("Waiting", "frozen"),
            ("Repaired", "qualified"),
            ("Gone", "not_interested"),
        )
        cls.repair.initial_stage_id = cls.asked

    @classmethod
    def _add_stages(cls, lead_type, *names_and_kinds):
        """Stages of a type alone, in this order."""
        return cls.env["crm.stage"].create(
            [
                {"name": name, "stage_type": kind, "sequence": 100 + number, "lead_type_ids": lead_type.ids}
                for number, (name, kind) in enumerate(names_and_kinds)
            ]
        )

    def _set_moves(self, *moves, lead_type=None):
        """Let people make these moves alone: a stage, the one that may follow it, the groups who may (none: all)."""
        lead_type = lead_type or self.repair
        lead_type.transition_ids = [
            Command.clear(),
            *(
                Command.create(
                    {
                        "from_stage_id": from_stage.id,
                        "to_stage_id": to_stage.id,
                        "group_ids": [Command.link(group.id) for group in groups],
                    }
                )
                for from_stage, to_stage, *groups in moves
            ),
        ]

    @contextmanager
    def assertRefuses(self, words, error=UserError):
        """What happens inside is refused in these words (a pattern), and nothing of it stays."""
        with self.assertRaisesRegex(error, words), self.env.cr.savepoint():
            yield
            self.env.flush_all()
        self.env.invalidate_all()

    def _repair(self, stage=None, user=None, **values):
        """A lead of the type of repairs."""
        return self._lead(stage, user, lead_type_id=self.repair.id, **values)

    def _load(self, leads, **values):
        """Import ``values`` into leads that are there, as a file does that names them by their ids.

        :raise UserError: what the import would show
        """
        header = [".id", *values]
        rows = [[str(lead.id), *map(str, values.values())] for lead in leads]
        result = leads.browse().with_context(import_file=True).load(header, rows)
        errors = [message["message"] for message in result["messages"] if message["type"] == "error"]
        if errors:
            raise UserError("\n".join(errors))
        return leads.browse(result["ids"])


class FormCase(TypeCase):
    """Beside that what a lead can be asked for."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        everybody = cls.env.ref("base.group_user")
        for name in ("group_lead_types", "group_target_year", "group_lead_location"):
            everybody._apply_group(cls.env.ref(f"crm_lead_lifecycle.{name}"))
        cls.source = cls.env["utm.source"].create({"name": "Fair of pumps"})
        cls.tag = cls.env["crm.tag"].create({"name": "Leaks"})

    def _fields_of(self, *names, model="crm.lead"):
        fields = self.env["ir.model.fields"]
        return fields.concat(*(fields._get(model, name) for name in names))

    def _require(self, *names):
        self.repair.required_field_ids = self._fields_of(*names)
