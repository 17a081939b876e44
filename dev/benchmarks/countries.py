"""Names, towns, streets, phones and companies of Italy, Poland and Portugal."""


def digits(rng, count):
    return "".join(rng.choice("0123456789") for _ in range(count))


COUNTRIES = {
    "IT": {
        "prefix": "39",
        "first": """
            Giuseppe Maria Giovanni Anna Antonio Giuseppina Mario Rosa Luigi Angela Francesco Giovanna Angelo Teresa
            Vincenzo Lucia Pietro Carmela Salvatore Caterina Carlo Francesca Franco Anna-Maria Domenico Antonietta
            Bruno Carla Paolo Elena Michele Concetta Giorgio Rita Aldo Margherita Sergio Franca Luciano Paola
            Niccolò Zoë Alessandro Chiara Matteo Martina Lorenzo Giulia Davide Sara Andrea Federica Simone Valentina
        """,
        "last": """
            Rossi Russo Ferrari Esposito Bianchi Romano Colombo Ricci Marino Greco Bruno Gallo Conti De-Luca Mancini
            Costa Giordano Rizzo Lombardi Moretti Barbieri Fontana Santoro Mariani Rinaldi Caruso Ferrara Galli
            Martini Leone Longo Gentile Martinelli Vitale Lombardo Serra Coppola De-Santis D'Angelo Marchetti Parisi
            Villa Conte Ferraro Ferri Fabbri Bianco Marini Grasso Valentini Messina Sala De-Angelis Gatti Pellegrini
            Palumbo Sanna Farina Rizzi Monti Cattaneo Morelli Amato Silvestri Mazza Testa Grassi Pellegrino Carbone
            Giuliani Benedetti Barone Rossetti Caputo Montanari Guerra Palmieri Bernardi Martino Fiore De-Rosa
            Ferretti Bellini Basile Riva Donati Piras Vitali Battaglia Sartori Neri Costantini Milani Pagano
            Ruggiero Sorrentino D'Amico Orlando Negri Bortolotti Zanetti Nicolò
        """,
        "towns": """
            Torino:10121 Milano:20121 Roma:00184 Napoli:80133 Bologna:40121 Firenze:50122 Verona:37121 Bari:70121
            Palermo:90133 Genova:16121 Rimini:47921 Trento:38122 Como:22100 Lecce:73100 Forlì:47121 Cefalù:90015
        """,
        "streets": "Via Garibaldi;Via Roma;Corso Vittorio Emanuele II;Piazza Mazzini;Via Dante Alighieri;Viale Trieste;"
        "Via San Martino;Via Giuseppe Verdi;Via dei Mille;Vicolo Stretto;Via Monte Grappa;Corso Cavour;Via Volta;"
        "Via delle Rose;Strada Provinciale;Via Puccini;Via Leopardi;Piazza della Libertà",
        "short": (("Via ", "V. "), ("Corso ", "C.so "), ("Piazza ", "P.zza "), ("Viale ", "V.le ")),
        "mobile": lambda rng: "3" + rng.choice("234") + rng.choice("0789") + digits(rng, 7),
        "landline": lambda rng: rng.choice(("011", "051", "045", "055")) + digits(rng, 7),
        "mail": "gmail.com gmail.com libero.it hotmail.it virgilio.it alice.it tiscali.it outlook.it",
        "titles": "Dott. Sig. Sig.ra Ing. Avv. Geom.",
        "company": "Impresa Albergo Officina Studio Edilizia Trasporti Pasticceria Immobiliare",
        "forms": "S.r.l.;SRL;S.p.A.;s.n.c.;di {last} & C. S.a.s.;S.r.l.s.",
    },
    "PL": {
        "prefix": "48",
        "first": """
            Anna Piotr Maria Krzysztof Katarzyna Andrzej Małgorzata Tomasz Agnieszka Paweł Barbara Jan Ewa Michał
            Krystyna Marcin Magdalena Jakub Elżbieta Adam Joanna Łukasz Aleksandra Marek Zofia Grzegorz Monika
            Stanisław Teresa Mateusz Danuta Wojciech Natalia Mariusz Karolina Dariusz Marta Zbigniew Beata Rafał
            Dorota Robert Halina Kamil Jadwiga Jacek Janina Sławomir Alicja Świętosława Żaneta Bożena
        """,
        "last": """
            Nowak Kowalski Wiśniewski Wójcik Kowalczyk Kamiński Lewandowski Zieliński Szymański Woźniak Dąbrowski
            Kozłowski Jankowski Mazur Wojciechowski Kwiatkowski Krawczyk Kaczmarek Piotrowski Grabowski Zając
            Pawłowski Michalski Król Wieczorek Jabłoński Wróbel Nowakowski Majewski Olszewski Stępień Malinowski
            Jaworski Adamczyk Dudek Nowicki Pawlak Górski Witkowski Walczak Sikora Baran Rutkowski Michalak Szewczyk
            Ostrowski Tomaszewski Pietrzak Zalewski Wróblewski Marciniak Jasiński Zawadzki Bąk Jakubowski Sadowski
            Duda Włodarczyk Wilk Chmielewski Borkowski Sokołowski Szczepański Sawicki Kucharski Lis Maciejewski
            Kubiak Kalinowski Mazurek Wysocki Kołodziej Kaźmierczak Czarnecki Sobczak Konieczny Urban Głowacki
            Zakrzewski Sikorski Krajewski Gajewski Brzęczyszczykiewicz Ślęzak Źrebiec
        """,
        "towns": """
            Warszawa:00-001 Kraków:31-002 Łódź:90-001 Wrocław:50-101 Poznań:61-701 Gdańsk:80-801 Szczecin:70-001
            Lublin:20-001 Białystok:15-001 Gdynia:81-301 Toruń:87-100 Rzeszów:35-001 Zielona-Góra:65-001
            Kołobrzeg:78-100
        """,
        "streets": "ul. Długa;ul. Mickiewicza;ul. Słowackiego;ul. Kościuszki;al. Jerozolimskie;os. Złotego Wieku;"
        "ul. Piłsudskiego;ul. Świętojańska;ul. Polna;ul. Leśna;ul. 3 Maja;ul. Żeromskiego;pl. Wolności;ul. Ogrodowa",
        "short": (("ul. ", ""), ("al. ", "aleja "), ("os. ", "Osiedle ")),
        "mobile": lambda rng: rng.choice(("50", "51", "60", "66", "69", "79", "88")) + digits(rng, 7),
        "landline": lambda rng: rng.choice(("22", "12", "61", "71")) + digits(rng, 7),
        "mail": "gmail.com wp.pl o2.pl onet.pl interia.pl gazeta.pl",
        "titles": "Pan Pani mgr inż. dr",
        "company": "Zakład Hotel Biuro Firma Przedsiębiorstwo Warsztat Usługi",
        "forms": "Sp. z o.o.;sp. z o. o.;S.A.;Sp. k.;s.c.",
    },
    "PT": {
        "prefix": "351",
        "first": """
            Maria João José Ana António Manuel Francisco Luís Carlos Paulo Pedro Catarina Rita Sofia Inês Marta
            Mariana Tiago Rui Nuno Miguel Ricardo Bruno André Diogo Gonçalo Rafael Beatriz Leonor Matilde Carolina
            Joana Margarida Teresa Isabel Fernanda Helena Cristina Susana Patrícia Sandra Vera Vítor Fábio Sérgio
            Célia Conceição Fátima
        """,
        "last": """
            Silva Santos Ferreira Pereira Oliveira Costa Rodrigues Martins Jesus Sousa Fernandes Gonçalves Gomes
            Lopes Marques Alves Almeida Ribeiro Pinto Carvalho Teixeira Moreira Correia Mendes Nunes Soares Vieira
            Monteiro Cardoso Rocha Raposo Neves Coelho Cruz Cunha Pires Ramos Reis Simões Antunes Matos Fonseca
            Machado Araújo Barbosa Tavares Lourenço Castro Figueiredo Azevedo Freitas Magalhães Henriques Lima
            Guerreiro Batista Barros Brito Morais Nogueira Domingues Esteves Valente Leite Branco Miranda Assunção
        """,
        "towns": """
            Lisboa:1100-148 Porto:4000-322 Braga:4700-030 Coimbra:3000-150 Faro:8000-138 Évora:7000-508
            Aveiro:3800-000 Setúbal:2900-300 Lagos:8600-315 Portimão:8500-510 Guimarães:4800-412 Viseu:3500-093
            Sintra:2710-590
        """,
        "streets": "Rua da Liberdade;Avenida da República;Rua do Carmo;Rua Augusta;Travessa do Fado;Rua de São João;"
        "Praça do Comércio;Rua 25 de Abril;Avenida Almirante Reis;Rua das Flores;Largo da Sé;Rua Luís de Camões;"
        "Rua Dr. António José de Almeida",
        "short": (("Rua ", "R. "), ("Avenida ", "Av. "), ("Travessa ", "Tv. "), ("Praça ", "Pç. ")),
        "mobile": lambda rng: "9" + rng.choice("1236") + digits(rng, 7),
        "landline": lambda rng: rng.choice(("21", "22")) + digits(rng, 7),
        "mail": "gmail.com sapo.pt hotmail.com iol.pt outlook.pt",
        "titles": "Dr. Dra. Eng. Sr. Sra.",
        "company": "Residencial Construções Oficina Quinta Restaurante Clínica",
        "forms": "Lda.;, Lda;S.A.;Unipessoal Lda",
    },
}  # fmt: skip
DIMINUTIVES = {
    "Giuseppe": "Beppe", "Francesco": "Franco", "Giovanni": "Gianni", "Luigi": "Gigi", "Katarzyna": "Kasia",
    "Małgorzata": "Gosia", "Krzysztof": "Krzysiek", "Aleksandra": "Ola", "Zbigniew": "Zbyszek", "Francisco": "Chico",
    "José": "Zé", "Manuel": "Manel", "Isabel": "Belinha",
}  # fmt: skip
