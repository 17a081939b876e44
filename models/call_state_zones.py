"""Which states have which time zone, where a country has several: zone, then the codes of Odoo's states.

A state with several zones stands in several lines; of zones with the same clock one is enough. Countries and states
that are not here have all zones of the country. Source: zone.tab of the IANA time zone database.
"""

STATE_ZONES = {
    "AU": {
        "Australia/Adelaide": "SA",
        "Australia/Brisbane": "QLD",
        "Australia/Broken_Hill": "NSW",
        "Australia/Darwin": "NT",
        "Australia/Eucla": "WA",
        "Australia/Hobart": "TAS",
        "Australia/Lord_Howe": "NSW",
        "Australia/Melbourne": "VIC",
        "Australia/Perth": "WA",
        "Australia/Sydney": "ACT NSW",
    },
    "BR": {
        "America/Campo_Grande": "MS",
        "America/Cuiaba": "MT",
        "America/Eirunepe": "AM",
        "America/Manaus": "AM RO RR",
        "America/Noronha": "PE",
        "America/Rio_Branco": "AC",
        "America/Sao_Paulo": "AL AP BA CE DF ES GO MA MG PA PB PE PI PR RJ RN RS SC SE SP TO",
    },
    "CA": {
        "America/Atikokan": "NU ON",
        "America/Blanc-Sablon": "QC",
        "America/Cambridge_Bay": "NU",
        "America/Creston": "BC",
        "America/Edmonton": "AB BC NT SK",
        "America/Goose_Bay": "NL",
        "America/Halifax": "NB NS PE QC",
        "America/Iqaluit": "NU",
        "America/Rankin_Inlet": "NU",
        "America/Regina": "SK",
        "America/Resolute": "NU",
        "America/St_Johns": "NL",
        "America/Toronto": "ON QC",
        "America/Vancouver": "BC",
        "America/Whitehorse": "YT",
        "America/Winnipeg": "MB ON",
    },
    "ES": {
        "Africa/Ceuta": "CE ME",
        "Atlantic/Canary": "GC TF",
        "Europe/Madrid": "A AB AL AV B BA BI BU C CA CC CO CR CS CU GI GR GU H HU J L LE LO LU M MA MU NA O OR P PM PO "
        "S SA SE SG SO SS T TE TO V VA VI Z ZA",
    },
    "PT": {
        "Atlantic/Azores": "20",
        "Atlantic/Madeira": "30",
        "Europe/Lisbon": "01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18",
    },
    "US": {
        "America/Adak": "AK",
        "America/Anchorage": "AK",
        "America/Chicago": "AL AR FL IA IL IN KS KY LA MI MN MO MS ND NE OK SD TN TX WI",
        "America/Denver": "AZ CO ID KS MT ND NE NM NV OR SD TX UT WY",
        "America/Los_Angeles": "CA ID NV OR WA",
        "America/New_York": "CT DC DE FL GA IN KY MA MD ME MI NC NH NJ NY OH PA RI SC TN VA VT WV",
        "America/Phoenix": "AZ",
        "America/Puerto_Rico": "PR VI",
        "Pacific/Guam": "GU MP",
        "Pacific/Honolulu": "HI",
        "Pacific/Pago_Pago": "AS",
    },
}
