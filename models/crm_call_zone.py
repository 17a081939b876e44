from odoo import api, fields, models
from odoo.tools import SQL, ormcache

from .call_hours import simplify_zones, zones_of_country, zones_of_number

SEPARATOR = ", "


class CrmCallZone(models.Model):
    """The clocks of those who are called: one row for each combination of time zones that occurs.

    A queue of a million contacts has a handful of them, so that what is open now is found out once for each, not for
    each contact. Rows are made when they are needed and stay.
    """

    _name = "crm.call.zone"
    _description = "Time Zone of Contacts"
    _log_access = False

    name = fields.Char("Time Zones", required=True, readonly=True)

    _name_uniq = models.UniqueIndex("(name)")

    def _get_names(self):
        """
        :return: time zones as a tuple of IANA names
        """
        return tuple(self.name.split(SEPARATOR))

    @api.model
    @ormcache()
    def _get_all(self):
        """All rows as ``{id: tuple of IANA names}``."""
        self.flush_model()
        return {id_: tuple(name.split(SEPARATOR)) for id_, name in self.env.execute_query(
            SQL("SELECT id, name FROM crm_call_zone")
        )}  # fmt: skip

    @api.model
    def _get_ids(self, zones):
        """The rows of combinations of time zones, made where they are missing.

        :param zones: iterable of tuples of IANA names
        :return: ``{tuple: id}``
        """
        wanted = set(zones)
        ids = {names: id_ for id_, names in self._get_all().items()}
        if wanted - ids.keys():
            self.env.cr.execute(
                SQL(
                    "INSERT INTO crm_call_zone (name) SELECT unnest(%s) ON CONFLICT DO NOTHING",
                    [SEPARATOR.join(names) for names in sorted(wanted - ids.keys())],
                )
            )
            self.env.registry.clear_cache()
            ids = {names: id_ for id_, names in self._get_all().items()}
        return {names: ids[names] for names in wanted}

    @api.model
    def _map_lead_zones(self, leads):
        """The time zones of each lead's customer: those of the phone number, else of the address, else of the company.
        Where several are possible all of them count.

        :return: ``{lead id: tuple of IANA names}``
        """
        leads.flush_recordset()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT lead.id, COALESCE(lead.phone_sanitized, client.phone_sanitized),
                       COALESCE(country.code, client_country.code), COALESCE(state.code, client_state.code),
                       company_calendar.tz, company_country.code
                  FROM crm_lead lead
                  LEFT JOIN res_partner client ON client.id = lead.partner_id
                  LEFT JOIN res_country country ON country.id = lead.country_id
                  LEFT JOIN res_country client_country ON client_country.id = client.country_id
                  LEFT JOIN res_country_state state ON state.id = lead.state_id
                  LEFT JOIN res_country_state client_state ON client_state.id = client.state_id
                  LEFT JOIN res_company company ON company.id = COALESCE(lead.company_id, %s)
                  LEFT JOIN resource_calendar company_calendar ON company_calendar.id = company.resource_calendar_id
                  LEFT JOIN res_partner company_partner ON company_partner.id = company.partner_id
                  LEFT JOIN res_country company_country ON company_country.id = company_partner.country_id
                 WHERE lead.id = ANY(%s)
                """,
                self.env.company.id,
                leads.ids,
            )
        )
        found = {}
        for lead_id, number, country, state, company_zone, company_country in rows:
            found[lead_id] = (
                (number and simplify_zones(zones_of_number(number)))
                or (country and simplify_zones(zones_of_country(country, state)))
                or (company_zone and simplify_zones((company_zone,)))
                or simplify_zones(zones_of_country(company_country))
                or ("UTC",)
            )
        return found
