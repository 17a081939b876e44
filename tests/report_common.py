from datetime import datetime, timedelta

from odoo.fields import Command

from .common import LeadCase

JANUARY, FEBRUARY = datetime.fromisoformat("2026-01-10 09:00:00"), datetime.fromisoformat("2026-02-10 09:00:00")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class ReportCase(LeadCase):
    """Six leads whose figures are easily worked out by hand, and a report that shows them only.

    ========  ======  =======  ========  =======  ========  =======  ======
    lead      source  created  outcome   client   campaign  answer   client after
    ========  ======  =======  ========  =======  ========  =======  ======
    sold      fair    January  won       linked   Spring    in time  10 min
    dear      fair    January  lost      new      Spring    late     20 min
    fresh     fair    Feb.     open      new      -         waits    -
    spam      fair    Feb.     removed   -        Spring    -        -
    gift      -       January  won       new      -         missed   40 min
    guest     -       Feb.     open      linked   -         -        -
    ========  ======  =======  ========  =======  ========  =======  ======

    Spring costs 90, the order of ``sold`` is worth 1,000; ``guest`` is overdue, ``sold`` kept its deadline and ``dear``
    missed it.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fair = cls.env["utm.source"].create({"name": "Spring fair"})
        cls.spring = cls.env["utm.campaign"].create({"name": "Spring", "title": "Spring", "cost": 90})
        cls.client = cls.env["res.partner"].create({"name": "Ada Conti"})
        of_fair = {"source_id": cls.fair.id}
        of_spring = {**of_fair, "campaign_id": cls.spring.id}
        cls.sold = cls._lead(cls.stage_working, name="sold", partner_id=cls.client.id, **of_spring)
        cls.dear = cls._lead(cls.stage_working, name="dear", **of_spring)
        cls.fresh = cls._lead(name="fresh", **of_fair)
        cls.spam = cls._lead(name="spam", **of_spring)
        cls.gift = cls._lead(cls.stage_working, name="gift")
        cls.guest = cls._lead(name="guest", partner_id=cls.client.id)
        cls.leads = cls.sold + cls.dear + cls.fresh + cls.spam + cls.gift + cls.guest
        cls.order = cls._order(cls.sold, 1000)
        cls.order.action_confirm()
        (cls.sold + cls.gift).stage_id = cls.stage_won
        cls.dear.write({"stage_id": cls.stage_lost.id, "lost_reason_id": cls.reason.id})
        cls.spam.write({"client_status": "removed", "removal_reason_id": cls.removal_reason.id})
        cls._stamp(cls.sold, JANUARY, 10, touched=30, date_due=JANUARY + 9 * DAY, date_closed=JANUARY + 8 * DAY)
        cls._stamp(cls.dear, JANUARY, 20, touched=90, date_due=JANUARY + 9 * DAY, date_closed=JANUARY + 10 * DAY)
        cls._stamp(cls.gift, JANUARY, 40, touched=300, date_due=None)
        for lead in cls.fresh, cls.spam, cls.guest:
            cls._stamp(lead, FEBRUARY, None, date_due=FEBRUARY + DAY if lead == cls.guest else None)
        cls._set_columns(cls.fresh, date_sla_within="2999-01-01", date_sla_late="2999-01-02")

    @classmethod
    def _stamp(cls, lead, created, minutes, touched=None, **values):
        """When a lead came in, after how many minutes its client was known and somebody saw to it: within an hour is in
        time, within two is late."""
        answered = {"date_sla_within": created + HOUR, "date_sla_late": created + 2 * HOUR}
        cls._set_columns(
            lead,
            create_date=created,
            minutes_to_client=minutes,
            minutes_to_first_touch=touched,
            date_first_touch=touched and created + timedelta(minutes=touched),
            **(answered if touched else {"date_sla_within": None, "date_sla_late": None}),
            **values,
        )

    @classmethod
    def _set_columns(cls, records, **values):
        cls.env.flush_all()
        for name, value in values.items():
            cls.env.cr.execute(f"UPDATE {records._table} SET {name} = %s WHERE id = ANY(%s)", [value, records.ids])
        cls.env.invalidate_all()

    @classmethod
    def _order(cls, lead, price, **values):
        product = cls.env["product.product"].create({"name": "A week", "type": "service", "taxes_id": False})
        line = {"product_id": product.id, "product_uom_qty": 1, "price_unit": price, "tax_ids": False}
        return cls.env["sale.order"].create(
            {
                "partner_id": cls.client.id,
                "opportunity_id": lead.id,
                "user_id": cls.user_own.id,
                "order_line": [Command.create(line)],
                **values,
            }
        )

    def _figures(self, groupby, *specs, user=None, leads=None, **context):
        """
        :return: ``{group: (figures)}``, of all leads as a single tuple if there is nothing to group by
        """
        self.env.flush_all()
        report = self.env["crm.lead.source.report"].with_user(user or self.user_manager).with_context(**context)
        rows = report._read_group([("id", "in", (leads or self.leads).ids)], [groupby] if groupby else [], specs)
        return {row[0]: row[1:] for row in rows} if groupby else rows[0]
