from collections import defaultdict

from odoo import api, models
from odoo.tools import SQL

from .crm_lead_digest_content import LISTS, SHARED


class CrmLead(models.Model):
    """What a morning digest tells leaders of their teams, in numbers."""

    _inherit = "crm.lead"

    @api.model
    def _read_digest_teams(self, readers, routes, late):
        """How many leads of each person are late in the teams that the readers lead.

        :return: defaultdict of lists of dict by the leader's id, who has most first
        """
        query = SQL(
            """
            WITH leader(team_id, company_id, user_id) AS (%(leader)s)
            SELECT leader.user_id, crm_lead.user_id, COUNT(*) AS late, %(counts)s
              FROM crm_lead
              LEFT JOIN res_users owner ON owner.id = crm_lead.user_id
              JOIN leader ON leader.team_id = COALESCE(crm_lead.team_id, owner.sale_team_id)
                   AND leader.company_id = COALESCE(crm_lead.company_id, %(shared)s)
                   AND leader.user_id = ANY(%(reader_ids)s)
             WHERE %(has_leader)s AND %(late)s
          GROUP BY leader.user_id, crm_lead.user_id
          ORDER BY late DESC, crm_lead.user_id
            """,
            leader=routes["leader"],
            has_leader=routes["has_leader"],
            reader_ids=readers.ids,
            late=self._join_digest_conditions(late),
            counts=SQL(", ").join(SQL("COUNT(*) FILTER (WHERE %s)", late[section]) for section in LISTS),
            shared=SHARED,
        )
        teams = defaultdict(list)
        for reader_id, owner_id, count, *counts in self.env.execute_query(query):
            by_section = dict(zip(LISTS, counts, strict=True))
            teams[reader_id].append({"owner_id": owner_id, "late": count, **by_section})
        return teams
