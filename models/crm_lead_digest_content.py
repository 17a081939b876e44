from collections import Counter, defaultdict
from functools import partial
from operator import itemgetter

import pytz

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date, groupby

# leads of a stage, and of a mail: some programs cut longer mails off
STAGE_ROWS, MAIL_ROWS = 20, 100
EXPIRED, OVERDUE, PROPOSALS = 1, 2, 3
LISTS = {EXPIRED: "leads-expired", OVERDUE: "leads-overdue", PROPOSALS: "leads-proposals-expired"}
# in place of a company: leads of none are of all
SHARED = 0


class CrmLead(models.Model):
    """What a morning digest says.

    A lead is told to its salesperson, if that is a colleague who is there and works in the company of the lead. If
    not, it is told to who leads the team of the lead, or of its salesperson if it has none: leads of people who are
    away, of people who have left and of nobody. Where no leader is there, or none wants digests or sees the leads of
    others, a salesperson who is away is told all the same; leads of people who have left, and of nobody, stay in the
    lists alone.
    """

    _inherit = "crm.lead"

    @api.model
    def _get_digests(self, company, readers, moment):
        """
        :param company: res.company by whose clock the readers live
        :param readers: res.users
        :param datetime moment: now, naive UTC
        :return: list of dict, what the mail's template shows to each of these readers who has something to read
        """
        self.env.flush_all()
        clock = company._get_digest_clock(moment)
        routes = self._get_digest_routes(company, readers, moment)
        late = self._get_digest_conditions(clock.tzinfo.zone)
        rows = self._read_digest_rows(readers, routes, late)
        teams = self._read_digest_teams(readers, routes, late)
        names = self._get_digest_names(rows, teams)
        digests = []
        for reader in readers:
            zone = pytz.timezone(reader.tz) if reader.tz else clock.tzinfo
            lang = reader._get_language()
            digest = {
                "reader": reader,
                "lang": lang,
                "company": company,
                "base_url": company.get_base_url(),
                "day": clock.date(),
                "moment": moment,
                "zone": zone,
                "today": pytz.utc.localize(moment).astimezone(zone).date(),
                "names": names,
                "format_day": self._make_day_format(lang),
                "list_url": partial(self._get_digest_list_url, company.get_base_url()),
            }
            digest["blocks"] = self._get_digest_blocks(digest, self._filter_digest_rows(reader, rows[reader.id]))
            digest["team"] = teams[reader.id]
            digest["count"] = sum(group["total"] for block in digest["blocks"] for group in block["groups"])
            digest["team_count"] = sum(row["late"] for row in digest["team"])
            if digest["count"] or digest["team_count"]:
                digests.append(digest)
        return digests

    # ------------------------------------------------------------
    # WHO IS TOLD
    # ------------------------------------------------------------

    @api.model
    def _get_digest_routes(self, company, readers, moment):
        """Who is there and who leads, by company.

        :return: dict of SQL: the rows of the tables ``present`` and ``reader`` of (user, company) and ``leader`` of
            (team, company, user); and ``has_leader``, whether one of the readers is a leader, so that all leads are
            looked at for them
        """
        people = readers._search_digest_people()
        present = people - people._filter_absent(company, moment)
        leaders = present._filter_digest_readers()._filter_digest_leaders()
        teams = self.env["crm.team"].sudo().with_context(active_test=False).search([("user_id", "in", leaders.ids)])

        def companies(user):
            return (SHARED, *user.company_ids.filtered("lead_digest_active").ids)

        def table(rows, width):
            columns = list(zip(*rows, strict=True)) or [()] * width
            return SQL(
                "SELECT * FROM unnest(%s)",
                SQL(", ").join(SQL("%s::integer[]", list(column)) for column in columns),
            )

        return {
            "present": table([(user.id, company_id) for user in present for company_id in companies(user)], 2),
            "reader": table([(user.id, company_id) for user in readers for company_id in companies(user)], 2),
            "leader": table(
                [(team.id, company_id, team.user_id.id) for team in teams for company_id in companies(team.user_id)], 3
            ),
            "has_leader": SQL("TRUE" if teams.user_id & readers else "FALSE"),
        }

    @api.model
    def _get_digest_conditions(self, zone):
        """What is late by the lead's own words for it, as SQL by section.

        :param str zone: where proposals are valid until their last day is over
        """
        leads = self.sudo().with_context(tz=zone)

        def condition(name):
            return leads._search(Domain(name, "=", True), active_test=False).where_clause

        return {
            EXPIRED: condition("is_rotting"),
            OVERDUE: condition("is_overdue"),
            PROPOSALS: condition("is_proposal_expired"),
        }

    def _filter_digest_rows(self, reader, rows):
        """Those of these rows whose leads the reader may read, whatever rules there are; the others do not count."""
        leads = self.env["crm.lead"].with_user(reader).with_context(allowed_company_ids=reader.company_ids.ids)
        readable = set(leads.browse([row["id"] for row in rows])._filtered_access("read")._ids)
        group_of = itemgetter("owner_id", "section", "stage_id")
        hidden = Counter(group_of(row) for row in rows if row["id"] not in readable)
        return [{**row, "total": row["total"] - hidden[group_of(row)]} for row in rows if row["id"] in readable]

    # ------------------------------------------------------------
    # THE LEADS
    # ------------------------------------------------------------

    @api.model
    def _read_digest_rows(self, readers, routes, late):
        """The leads that are told in full: the first ones of each stage, with how many there are.

        :return: defaultdict of lists of dict by the reader's id, in the order of the mail
        """
        query = SQL(
            """
            WITH present(user_id, company_id) AS (%(present)s),
                 reader(user_id, company_id) AS (%(reader)s),
                 leader(team_id, company_id, user_id) AS (%(leader)s),
                 found AS (
                    SELECT crm_lead.id, reader.user_id AS reader_id, crm_lead.user_id AS owner_id, %(columns)s
                      FROM crm_lead
                      JOIN crm_stage ON crm_stage.id = crm_lead.stage_id
                      JOIN res_users owner ON owner.id = crm_lead.user_id
                      JOIN reader ON reader.user_id = owner.id
                           AND reader.company_id = COALESCE(crm_lead.company_id, %(shared)s)
                      LEFT JOIN present ON present.user_id = owner.id AND present.company_id = reader.company_id
                      LEFT JOIN leader ON leader.team_id = COALESCE(crm_lead.team_id, owner.sale_team_id)
                           AND leader.company_id = reader.company_id
                     WHERE crm_lead.user_id = ANY(%(reader_ids)s) AND %(late)s
                       AND (present.user_id IS NOT NULL OR leader.user_id IS NULL)
                 UNION ALL
                    SELECT crm_lead.id, leader.user_id, crm_lead.user_id, %(columns)s
                      FROM crm_lead
                      JOIN crm_stage ON crm_stage.id = crm_lead.stage_id
                      LEFT JOIN res_users owner ON owner.id = crm_lead.user_id
                      JOIN leader ON leader.team_id = COALESCE(crm_lead.team_id, owner.sale_team_id)
                           AND leader.company_id = COALESCE(crm_lead.company_id, %(shared)s)
                           AND leader.user_id = ANY(%(reader_ids)s)
                     WHERE %(has_leader)s AND %(late)s
                       AND (COALESCE(owner.id, 0), leader.company_id) NOT IN (SELECT user_id, company_id FROM present)
                 ),
                 placed AS (
                    SELECT *, COUNT(*) OVER stage AS total,
                           ROW_NUMBER() OVER (stage ORDER BY since, id) AS place
                      FROM (%(dated)s) dated
                    WINDOW stage AS (PARTITION BY reader_id, owner_id, section, stage_id)
                 ),
                 lined AS (
                    SELECT *, ROW_NUMBER() OVER (
                               PARTITION BY reader_id
                               ORDER BY owner_id IS DISTINCT FROM reader_id, owner_id NULLS FIRST, section,
                                        stage_sequence, stage_id, place
                           ) AS line
                      FROM placed
                     WHERE place <= %(stage_rows)s
                 )
            SELECT lined.*, crm_lead.name, crm_lead.number, crm_lead.is_urgent,
                   COALESCE(crm_lead.contact_name, partner.name, crm_lead.partner_name) AS customer,
                   activity.activity_type_id, activity.summary, activity.date_deadline
              FROM lined
              JOIN crm_lead ON crm_lead.id = lined.id
              LEFT JOIN res_partner partner ON partner.id = crm_lead.partner_id
              LEFT JOIN LATERAL (
                    SELECT activity_type_id, summary, date_deadline
                      FROM mail_activity
                     WHERE res_model = 'crm.lead' AND res_id = lined.id AND active IS TRUE
                  ORDER BY date_deadline, id
                     LIMIT 1
                   ) activity ON TRUE
             WHERE line <= %(mail_rows)s OR place = 1
          ORDER BY reader_id, line
            """,
            **routes,
            reader_ids=readers.ids,
            late=self._join_digest_conditions(late),
            columns=self._get_digest_columns(late),
            dated=self._get_digest_dates(),
            shared=SHARED,
            stage_rows=STAGE_ROWS,
            mail_rows=MAIL_ROWS,
        )
        found = self.env.execute_query_dict(query)
        # what the rules of the readers ask for, in one go
        self.sudo().browse([row["id"] for row in found]).fetch(["user_id", "team_id", "company_id"])
        rows = defaultdict(list)
        for row in found:
            rows[row["reader_id"]].append(row)
        return rows

    def _join_digest_conditions(self, late):
        return SQL("(%s)", SQL(" OR ").join(SQL("(%s)", condition) for condition in late.values()))

    def _get_digest_columns(self, late):
        """What is late about a lead: it stands in one section, the first that it belongs to."""
        return SQL(
            """
            CASE WHEN %(is_expired)s THEN %(expired)s WHEN %(is_overdue)s THEN %(overdue)s ELSE %(proposals)s
             END AS section,
            crm_stage.id AS of_stage_id, crm_stage.sequence, crm_stage.rotting_threshold_days,
            crm_lead.date_last_stage_update, crm_lead.date_due, crm_lead.proposal_deadline
            """,
            is_expired=late[EXPIRED],
            is_overdue=late[OVERDUE],
            expired=EXPIRED,
            overdue=OVERDUE,
            proposals=PROPOSALS,
        )

    def _get_digest_dates(self):
        """Since when leads that were found are late, and their stages, which only those that expired stand by."""
        return SQL(
            """
            SELECT id, reader_id, owner_id, section,
                   CASE WHEN section = %(expired)s THEN of_stage_id END AS stage_id,
                   CASE WHEN section = %(expired)s THEN sequence END AS stage_sequence,
                   CASE section
                        WHEN %(expired)s THEN date_last_stage_update + rotting_threshold_days * INTERVAL '1 day'
                        WHEN %(overdue)s THEN date_due
                        ELSE proposal_deadline
                    END AS since
              FROM found
            """,
            expired=EXPIRED,
            overdue=OVERDUE,
        )

    @api.model
    def _get_digest_names(self, rows, teams):
        """What digests call by name, each kind read once: people by id, and records of which everybody reads the name
        in the own language."""
        rows = [row for of_reader in rows.values() for row in of_reader]

        def of_kind(model, *ids):
            return self.env[model].sudo().browse({record_id for record_id in ids if record_id})

        owners = [row["owner_id"] for row in (*rows, *(row for team in teams.values() for row in team))]
        return {
            "users": {user.id: user.name for user in of_kind("res.users", *owners)},
            "stages": of_kind("crm.stage", *(row["stage_id"] for row in rows)),
            "activities": of_kind("mail.activity.type", *(row["activity_type_id"] for row in rows)),
        }

    @api.model
    def _get_digest_blocks(self, digest, rows):
        """The rows by person, section and stage.

        :return: list of dict with ``owner_id`` (none for leads of nobody) and ``groups``; what is in one group
            counts ``total`` leads and has the first ``rows`` of them
        """
        lang = digest["lang"]
        stages = {stage.id: stage.name for stage in digest["names"]["stages"].with_context(lang=lang)}
        activities = {kind.id: kind.name for kind in digest["names"]["activities"].with_context(lang=lang)}
        blocks = []
        for owner_id, of_owner in groupby(rows, lambda row: row["owner_id"]):
            groups, section = [], None
            for (kind, stage_id), of_stage in groupby(of_owner, lambda row: (row["section"], row["stage_id"])):
                shown = [row for row in of_stage if row["line"] <= MAIL_ROWS]
                for row in shown:
                    self._complete_digest_row(digest, row)
                    row["activity"] = row["summary"] or activities.get(row["activity_type_id"])
                total = of_stage[0]["total"]
                groups.append(
                    {
                        "section": kind if kind != section else None,
                        "stage": stages.get(stage_id),
                        "total": total,
                        "rows": shown,
                        "more": total - len(shown),
                        "url": digest["list_url"](kind, owner_id),
                    }
                )
                section = kind
            blocks.append({"owner_id": owner_id, "groups": groups})
        return blocks

    def _complete_digest_row(self, digest, row):
        """Since when the lead is late, by the reader's clock; proposals are valid to a day, wherever that is."""
        if row["section"] == PROPOSALS:
            row["days"], row["since_day"] = (digest["day"] - row["since"].date()).days, row["since"].date()
            return
        waited = digest["moment"] - row["since"]
        row["days"], row["hours"] = waited.days, waited.seconds // 3600
        row["since_day"] = pytz.utc.localize(row["since"]).astimezone(digest["zone"]).date()

    def _get_digest_list_url(self, base_url, kind, owner_id):
        path = f"{owner_id}/{LISTS[kind]}" if owner_id else "leads-unassigned"
        return f"{base_url}/odoo/{path}"

    def _make_day_format(self, lang):
        """How days are written in a language; the same few come again and again."""
        env, known = self.with_context(lang=lang).env, {}

        def format_day(day):
            if day not in known:
                known[day] = format_date(env, day)
            return known[day]

        return format_day
