--
-- PostgreSQL database dump
--

\restrict 3cRypZUQJDAerySnrYfQ7kzk57YgOq8es3dYcCMJZHhgw3g1ZWVWgOXGMXigo0z

-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: tidemark_conversations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.tidemark_conversations (
    conversation_id text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    title text,
    created_by text NOT NULL COLLATE pg_catalog."C",
    created_at bigint NOT NULL,
    head bigint NOT NULL,
    last_at bigint NOT NULL,
    last_message_seq bigint,
    active_at bigint NOT NULL
);


--
-- Name: tidemark_events; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.tidemark_events (
    conversation_id text NOT NULL COLLATE pg_catalog."C",
    conversation_seq bigint NOT NULL,
    actor_id text NOT NULL COLLATE pg_catalog."C",
    command_id text COLLATE pg_catalog."C",
    type text NOT NULL COLLATE pg_catalog."C",
    at bigint NOT NULL,
    body text NOT NULL
);


--
-- Name: tidemark_inbox; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.tidemark_inbox (
    user_id text NOT NULL COLLATE pg_catalog."C",
    seq bigint NOT NULL,
    conversation_id text COLLATE pg_catalog."C",
    conversation_seq bigint,
    at bigint NOT NULL
);


--
-- Name: tidemark_inbox_floors; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.tidemark_inbox_floors (
    user_id text NOT NULL COLLATE pg_catalog."C",
    floor bigint NOT NULL
);


--
-- Name: tidemark_members; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.tidemark_members (
    conversation_id text NOT NULL COLLATE pg_catalog."C",
    user_id text NOT NULL COLLATE pg_catalog."C",
    joined_seq bigint NOT NULL,
    left_seq bigint
);


--
-- Name: tidemark_meta; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.tidemark_meta (
    name text NOT NULL COLLATE pg_catalog."C",
    value text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: tidemark_migrations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.tidemark_migrations (
    version bigint NOT NULL
);


--
-- Name: tidemark_read_marks; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.tidemark_read_marks (
    user_id text NOT NULL COLLATE pg_catalog."C",
    conversation_id text NOT NULL COLLATE pg_catalog."C",
    read_seq bigint NOT NULL
);


--
-- Name: tidemark_refusals; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.tidemark_refusals (
    actor_id text NOT NULL COLLATE pg_catalog."C",
    command_id text NOT NULL COLLATE pg_catalog."C",
    retry bigint NOT NULL,
    conversation_id text NOT NULL COLLATE pg_catalog."C",
    text text NOT NULL,
    at bigint NOT NULL
);


--
-- Name: tidemark_unsettled; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.tidemark_unsettled (
    conversation_id text NOT NULL COLLATE pg_catalog."C",
    conversation_seq bigint NOT NULL
);


--
-- Data for Name: tidemark_conversations; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.tidemark_conversations VALUES ('g:03QCPC7P3HXX47BF4DB492QMBX', 'group', '"Lunch “🐟”"', 'alice-1', 4102444800115, 31, 4102444800202, 31, 4102444800202);
INSERT INTO public.tidemark_conversations VALUES ('d:alice-1,bob-1', 'direct', NULL, 'alice-1', 4102444800204, 6, 4102444800218, 6, 4102444800218);
INSERT INTO public.tidemark_conversations VALUES ('u:bob-1', 'self', NULL, 'bob-1', 4102444800220, 2, 4102444800222, NULL, 4102444800220);


--
-- Data for Name: tidemark_events; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.tidemark_events VALUES ('g:03QCPC7P3HXX47BF4DB492QMBX', 1, 'alice-1', '03QCPC7P3J37K3YK7NJVEXFEXA', 'conversation.created', 4102444800115, '{"kind":"group","title":"Lunch “🐟”","memberIds":["alice-1","bob-1"]}');
INSERT INTO public.tidemark_events VALUES ('g:03QCPC7P3HXX47BF4DB492QMBX', 2, 'alice-1', '03QCPC7P3MK5EF9RR3WM9BQ2EP', 'message.sent', 4102444800117, '{"messageId":"03QCPC7P3PR0M3EMDMW2JBP9YF","message":{"type":"text","content":{"text":"''; DROP TABLE events; --"}}}');
INSERT INTO public.tidemark_events VALUES ('g:03QCPC7P3HXX47BF4DB492QMBX', 3, 'alice-1', '03QCPC7P3QJZWC4QCEVJ3M2104', 'message.sent', 4102444800120, '{"messageId":"03QCPC7P3S4039WFTDDRSY1DSM","message":{"type":"text","content":{"text":"\" OR \"\"=\""}}}');
INSERT INTO public.tidemark_events VALUES ('g:03QCPC7P3HXX47BF4DB492QMBX', 4, 'alice-1', '03QCPC7P3TGNFP9Q9YC0GDEW67', 'message.sent', 4102444800123, '{"messageId":"03QCPC7P3WBYY2FX1E3ZRWQV24","message":{"type":"text","content":{"text":"`id`"}}}');
INSERT INTO public.tidemark_events VALUES ('g:03QCPC7P3HXX47BF4DB492QMBX', 5, 'alice-1', '03QCPC7P3XFY4CPX3MQFGHFCGP', 'message.sent', 4102444800126, '{"messageId":"03QCPC7P3ZBRENYHA6N6C4CBC0","message":{"type":"text","content":{"text":"\\''; \\x00 \\u0000 \\"}}}');
INSERT INTO public.tidemark_events VALUES ('g:03QCPC7P3HXX47BF4DB492QMBX', 6, 'alice-1', '03QCPC7P40D89KN8MRAMSDEHSY', 'message.sent', 4102444800129, '{"messageId":"03QCPC7P42TPDPF7FVMED6VZ1V","message":{"type":"text","content":{"text":"$where"}}}');
INSERT INTO public.tidemark_events VALUES ('g:03QCPC7P3HXX47BF4DB492QMBX', 7, 'alice-1', '03QCPC7P43DAJ97SY9BQ8X5SSA', 'message.sent', 4102444800132, '{"messageId":"03QCPC7P459DPE26YQWJ8324H3","message":{"type":"text","content":{"text":"{\"$ne\": null}"}}}');
INSERT INTO public.tidemark_events VALUES ('g:03QCPC7P3HXX47BF4DB492QMBX', 8, 'alice-1', '03QCPC7P462RK521AJMKB2J0W9', 'message.sent', 4102444800135, '{"messageId":"03QCPC7P48MDNQNEVB9CJBC63Z","message":{"type":"text","content":{"text":"__proto__"}}}');
INSERT INTO public.tidemark_events VALUES ('g:03QCPC7P3HXX47BF4DB492QMBX', 9, 'alice-1', '03QCPC7P49ZV11XMT20RKNRXSK', 'message.sent', 4102444800138, '{"messageId":"03QCPC7P4B4ZNJ2MSETBKK7YSY","message":{"type":"text","content":{"text":"constructor"}}}');
INSERT INTO public.tidemark_events VALUES ('g:03QCPC7P3HXX47BF4DB492QMBX', 10, 'alice-1', '03QCPC7P4CH6W3K2A5QCFPNQ5M', 'message.sent', 4102444800141, '{"messageId":"03QCPC7P4ESPYC9MDE15AFG5S8","message":{"type":"text","content":{"text":"{{7*7}} ${7*7} <%= 7*7 %>"}}}');
INSERT INTO public.tidemark_events VALUES ('g:03QCPC7P3HXX47BF4DB492QMBX', 11, 'alice-1', '03QCPC7P4FGYE7K94TSHYBQMXH', 'message.sent', 4102444800144, '{"messageId":"03QCPC7P4HEX46WSB11XJG8NNQ","message":{"type":"text","content":{"text":"%s %d %n %"}}}');
INSERT INTO public.tidemark_events VALUES ('g:03QCPC7P3HXX47BF4DB492QMBX', 12, 'alice-1', '03QCPC7P4J5DR65AF0H3RAVG93', 'message.sent', 4102444800147, '{"messageId":"03QCPC7P4MMXVN3PPJT692NAM8","message":{"type":"text","content":{"text":"100% _wild_ [a-z]*"}}}');
INSERT INTO public.tidemark_events VALUES ('g:03QCPC7P3HXX47BF4DB492QMBX', 13, 'alice-1', '03QCPC7P4NEPYQ3R8NT21M0HAF', 'message.sent', 4102444800150, '{"messageId":"03QCPC7P4Q2TVE9D8AKTF7QNVQ","message":{"type":"text","content":{"text":"?1 :name @p1 $1 ??"}}}');
INSERT INTO public.tidemark_events VALUES ('g:03QCPC7P3HXX47BF4DB492QMBX', 14, 'alice-1', '03QCPC7P4RS7MVJ5X0YAF805TH', 'message.sent', 4102444800153, '{"messageId":"03QCPC7P4TGHDZA577SB3CG2WS","message":{"type":"text","content":{"text":"null"}}}');
INSERT INTO public.tidemark_events VALUES ('g:03QCPC7P3HXX47BF4DB492QMBX', 15, 'alice-1', '03QCPC7P4VXGH6TG597A1AJ9HM', 'message.sent', 4102444800156, '{"messageId":"03QCPC7P4XMGPK5T3TZNXP0KHY","message":{"type":"text","content":{"text":"NaN"}}}');
INSERT INTO public.tidemark_events VALUES ('g:03QCPC7P3HXX47BF4DB492QMBX', 16, 'alice-1', '03QCPC7P4YKHCFD30GD6A3A2YK', 'message.sent', 4102444800159, '{"messageId":"03QCPC7P50VM7Y04H1FBZR2M0V","message":{"type":"text","content":{"text":""}}}');
INSERT INTO public.tidemark_events VALUES ('g:03QCPC7P3HXX47BF4DB492QMBX', 17, 'alice-1', '03QCPC7P51TH0DT8GP0R491AZ0', 'message.sent', 4102444800162, '{"messageId":"03QCPC7P53C5CCKTB4CE6Q1RGD","message":{"type":"text","content":{"text":" leading and trailing "}}}');
INSERT INTO public.tidemark_events VALUES ('g:03QCPC7P3HXX47BF4DB492QMBX', 18, 'alice-1', '03QCPC7P542MXNQM0Y15MV1Y8T', 'message.sent', 4102444800165, '{"messageId":"03QCPC7P56ZQQ97FCBA9255MSA","message":{"type":"text","content":{"text":"line\nfeed\r\ntab\t  "}}}');
INSERT INTO public.tidemark_events VALUES ('g:03QCPC7P3HXX47BF4DB492QMBX', 19, 'alice-1', '03QCPC7P572KSM3RQ4K4A77GFH', 'message.sent', 4102444800168, '{"messageId":"03QCPC7P59MY3AF16BDPAVE69M","message":{"type":"text","content":{"text":"nul \u0000 inside"}}}');
INSERT INTO public.tidemark_events VALUES ('g:03QCPC7P3HXX47BF4DB492QMBX', 20, 'alice-1', '03QCPC7P5AM93P1R5VQF1PPHAX', 'message.sent', 4102444800171, '{"messageId":"03QCPC7P5C2SNC655YD1RAXSGJ","message":{"type":"text","content":{"text":"\u0001\u001f"}}}');
INSERT INTO public.tidemark_events VALUES ('g:03QCPC7P3HXX47BF4DB492QMBX', 21, 'alice-1', '03QCPC7P5DXW06HR0W6SNVFWV9', 'message.sent', 4102444800174, '{"messageId":"03QCPC7P5FJ5EA1D94HJM8JH6G","message":{"type":"text","content":{"text":"😀 astral 𝔘𝔫𝔦 𠜎"}}}');
INSERT INTO public.tidemark_events VALUES ('g:03QCPC7P3HXX47BF4DB492QMBX', 22, 'alice-1', '03QCPC7P5GVBCN8VW0AHQTT56Q', 'message.sent', 4102444800177, '{"messageId":"03QCPC7P5JPAGNBSX15DRYDFWX","message":{"type":"text","content":{"text":"é is not é"}}}');
INSERT INTO public.tidemark_events VALUES ('g:03QCPC7P3HXX47BF4DB492QMBX', 23, 'alice-1', '03QCPC7P5KFFDJ2Z6741PYVV84', 'message.sent', 4102444800180, '{"messageId":"03QCPC7P5NCP67CC15JP5PN12A","message":{"type":"text","content":{"text":"‮right to left‬ שלום عليكم"}}}');
INSERT INTO public.tidemark_events VALUES ('g:03QCPC7P3HXX47BF4DB492QMBX', 24, 'alice-1', '03QCPC7P5P9QXK5PJ7JX8R71E6', 'message.sent', 4102444800183, '{"messageId":"03QCPC7P5R0RK7GKNAQRT1F5VK","message":{"type":"text","content":{"text":"👩‍👩‍👧‍👦 zero​width﻿"}}}');
INSERT INTO public.tidemark_events VALUES ('g:03QCPC7P3HXX47BF4DB492QMBX', 25, 'alice-1', '03QCPC7P5S0X7N5FVGVQYHPY1P', 'message.sent', 4102444800186, '{"messageId":"03QCPC7P5VG01NHJWJD67X7P63","message":{"type":"text","content":{"text":"lone high \ud83d end"}}}');
INSERT INTO public.tidemark_events VALUES ('g:03QCPC7P3HXX47BF4DB492QMBX', 26, 'alice-1', '03QCPC7P5W2TM8Y08QQ37KKB9J', 'message.sent', 4102444800189, '{"messageId":"03QCPC7P5YSDT3SDFT53EETWPF","message":{"type":"text","content":{"text":"lone low \ude00 end"}}}');
INSERT INTO public.tidemark_events VALUES ('g:03QCPC7P3HXX47BF4DB492QMBX', 27, 'alice-1', '03QCPC7P5ZK82TD7ZVK6A20C3S', 'message.sent', 4102444800192, '{"messageId":"03QCPC7P617FW4C0EEMXGT6GE5","message":{"type":"text","content":{"text":"￿￾�"}}}');
INSERT INTO public.tidemark_events VALUES ('g:03QCPC7P3HXX47BF4DB492QMBX', 28, 'alice-1', '03QCPC7P62FHR3HBRY4YNA7QHN', 'members.added', 4102444800195, '{"memberIds":["carol-1"]}');
INSERT INTO public.tidemark_events VALUES ('g:03QCPC7P3HXX47BF4DB492QMBX', 29, 'carol-1', '03QCPC7P64RQ39V0Q2K22NA9EK', 'message.sent', 4102444800197, '{"messageId":"03QCPC7P66T67BVAGZSV030MWZ","message":{"type":"text","content":{"text":"message 29"}}}');
INSERT INTO public.tidemark_events VALUES ('g:03QCPC7P3HXX47BF4DB492QMBX', 30, 'bob-1', '03QCPC7P67SW78D8270VYA2SM9', 'members.removed', 4102444800200, '{"memberIds":["bob-1"]}');
INSERT INTO public.tidemark_events VALUES ('g:03QCPC7P3HXX47BF4DB492QMBX', 31, 'carol-1', '03QCPC7P69MWS3EEZNYPBTGFBW', 'message.sent', 4102444800202, '{"messageId":"03QCPC7P6BEGHEQPZWNJ6WFW33","message":{"type":"text","content":{"text":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}}}');
INSERT INTO public.tidemark_events VALUES ('d:alice-1,bob-1', 1, 'alice-1', NULL, 'conversation.created', 4102444800204, '{"kind":"direct","title":null,"memberIds":["alice-1","bob-1"]}');
INSERT INTO public.tidemark_events VALUES ('d:alice-1,bob-1', 2, 'bob-1', '03QCPC7P6DX06V5D77JA752FA5', 'message.sent', 4102444800206, '{"messageId":"03QCPC7P6FMMRB2HVV1BPQH5AJ","message":{"type":"text","content":{"text":"message 2"}}}');
INSERT INTO public.tidemark_events VALUES ('d:alice-1,bob-1', 3, 'alice-1', '03QCPC7P6G8HNE3HZ975A9W7P5', 'message.sent', 4102444800209, '{"messageId":"03QCPC7P6JR42212EE85MGXJH4","message":{"type":"text","content":{"text":"message 3"}}}');
INSERT INTO public.tidemark_events VALUES ('d:alice-1,bob-1', 4, 'bob-1', '03QCPC7P6K75NF4SBYWYVG1ZKH', 'message.sent', 4102444800212, '{"messageId":"03QCPC7P6N6QQCB88KSAH1ZMHB","message":{"type":"text","content":{"text":"message 4"}}}');
INSERT INTO public.tidemark_events VALUES ('d:alice-1,bob-1', 5, 'alice-1', '03QCPC7P6PEPG9PJ0XBF5GY31K', 'message.sent', 4102444800215, '{"messageId":"03QCPC7P6R2KW7GBCNVKGBTND4","message":{"type":"text","content":{"text":"message 5"}}}');
INSERT INTO public.tidemark_events VALUES ('d:alice-1,bob-1', 6, 'bob-1', '03QCPC7P6SW98P6HJTX8TARX00', 'message.sent', 4102444800218, '{"messageId":"03QCPC7P6VZNDA3B15EPM0CVJR","message":{"type":"text","content":{"text":"message 6"}}}');
INSERT INTO public.tidemark_events VALUES ('u:bob-1', 1, 'bob-1', NULL, 'conversation.created', 4102444800220, '{"kind":"self","title":null,"memberIds":["bob-1"]}');
INSERT INTO public.tidemark_events VALUES ('u:bob-1', 2, 'bob-1', '03QCPC7P6XKMC5SMKNG3MVZ4GZ', 'read.marked', 4102444800222, '{"of":"d:alice-1,bob-1","readSeq":3}');


--
-- Data for Name: tidemark_inbox; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.tidemark_inbox VALUES ('alice-1', 1, 'g:03QCPC7P3HXX47BF4DB492QMBX', 1, 4102444800115);
INSERT INTO public.tidemark_inbox VALUES ('alice-1', 2, 'g:03QCPC7P3HXX47BF4DB492QMBX', 2, 4102444800117);
INSERT INTO public.tidemark_inbox VALUES ('alice-1', 3, 'g:03QCPC7P3HXX47BF4DB492QMBX', 3, 4102444800120);
INSERT INTO public.tidemark_inbox VALUES ('alice-1', 4, 'g:03QCPC7P3HXX47BF4DB492QMBX', 4, 4102444800123);
INSERT INTO public.tidemark_inbox VALUES ('alice-1', 5, 'g:03QCPC7P3HXX47BF4DB492QMBX', 5, 4102444800126);
INSERT INTO public.tidemark_inbox VALUES ('alice-1', 6, 'g:03QCPC7P3HXX47BF4DB492QMBX', 6, 4102444800129);
INSERT INTO public.tidemark_inbox VALUES ('alice-1', 7, 'g:03QCPC7P3HXX47BF4DB492QMBX', 7, 4102444800132);
INSERT INTO public.tidemark_inbox VALUES ('alice-1', 8, 'g:03QCPC7P3HXX47BF4DB492QMBX', 8, 4102444800135);
INSERT INTO public.tidemark_inbox VALUES ('alice-1', 9, 'g:03QCPC7P3HXX47BF4DB492QMBX', 9, 4102444800138);
INSERT INTO public.tidemark_inbox VALUES ('alice-1', 10, 'g:03QCPC7P3HXX47BF4DB492QMBX', 10, 4102444800141);
INSERT INTO public.tidemark_inbox VALUES ('alice-1', 11, 'g:03QCPC7P3HXX47BF4DB492QMBX', 11, 4102444800144);
INSERT INTO public.tidemark_inbox VALUES ('alice-1', 12, 'g:03QCPC7P3HXX47BF4DB492QMBX', 12, 4102444800147);
INSERT INTO public.tidemark_inbox VALUES ('alice-1', 13, 'g:03QCPC7P3HXX47BF4DB492QMBX', 13, 4102444800150);
INSERT INTO public.tidemark_inbox VALUES ('alice-1', 14, 'g:03QCPC7P3HXX47BF4DB492QMBX', 14, 4102444800153);
INSERT INTO public.tidemark_inbox VALUES ('alice-1', 15, 'g:03QCPC7P3HXX47BF4DB492QMBX', 15, 4102444800156);
INSERT INTO public.tidemark_inbox VALUES ('alice-1', 16, 'g:03QCPC7P3HXX47BF4DB492QMBX', 16, 4102444800159);
INSERT INTO public.tidemark_inbox VALUES ('alice-1', 17, 'g:03QCPC7P3HXX47BF4DB492QMBX', 17, 4102444800162);
INSERT INTO public.tidemark_inbox VALUES ('alice-1', 18, 'g:03QCPC7P3HXX47BF4DB492QMBX', 18, 4102444800165);
INSERT INTO public.tidemark_inbox VALUES ('alice-1', 19, 'g:03QCPC7P3HXX47BF4DB492QMBX', 19, 4102444800168);
INSERT INTO public.tidemark_inbox VALUES ('alice-1', 20, 'g:03QCPC7P3HXX47BF4DB492QMBX', 20, 4102444800171);
INSERT INTO public.tidemark_inbox VALUES ('alice-1', 21, 'g:03QCPC7P3HXX47BF4DB492QMBX', 21, 4102444800174);
INSERT INTO public.tidemark_inbox VALUES ('alice-1', 22, 'g:03QCPC7P3HXX47BF4DB492QMBX', 22, 4102444800177);
INSERT INTO public.tidemark_inbox VALUES ('alice-1', 23, 'g:03QCPC7P3HXX47BF4DB492QMBX', 23, 4102444800180);
INSERT INTO public.tidemark_inbox VALUES ('alice-1', 24, 'g:03QCPC7P3HXX47BF4DB492QMBX', 24, 4102444800183);
INSERT INTO public.tidemark_inbox VALUES ('alice-1', 25, 'g:03QCPC7P3HXX47BF4DB492QMBX', 25, 4102444800186);
INSERT INTO public.tidemark_inbox VALUES ('alice-1', 26, 'g:03QCPC7P3HXX47BF4DB492QMBX', 26, 4102444800189);
INSERT INTO public.tidemark_inbox VALUES ('alice-1', 27, 'g:03QCPC7P3HXX47BF4DB492QMBX', 27, 4102444800192);
INSERT INTO public.tidemark_inbox VALUES ('alice-1', 28, 'g:03QCPC7P3HXX47BF4DB492QMBX', 28, 4102444800195);
INSERT INTO public.tidemark_inbox VALUES ('alice-1', 29, 'g:03QCPC7P3HXX47BF4DB492QMBX', 29, 4102444800197);
INSERT INTO public.tidemark_inbox VALUES ('alice-1', 30, 'g:03QCPC7P3HXX47BF4DB492QMBX', 30, 4102444800200);
INSERT INTO public.tidemark_inbox VALUES ('alice-1', 31, 'g:03QCPC7P3HXX47BF4DB492QMBX', 31, 4102444800202);
INSERT INTO public.tidemark_inbox VALUES ('bob-1', 1, 'g:03QCPC7P3HXX47BF4DB492QMBX', 1, 4102444800115);
INSERT INTO public.tidemark_inbox VALUES ('bob-1', 2, 'g:03QCPC7P3HXX47BF4DB492QMBX', 2, 4102444800117);
INSERT INTO public.tidemark_inbox VALUES ('bob-1', 3, 'g:03QCPC7P3HXX47BF4DB492QMBX', 3, 4102444800120);
INSERT INTO public.tidemark_inbox VALUES ('bob-1', 4, 'g:03QCPC7P3HXX47BF4DB492QMBX', 4, 4102444800123);
INSERT INTO public.tidemark_inbox VALUES ('bob-1', 5, 'g:03QCPC7P3HXX47BF4DB492QMBX', 5, 4102444800126);
INSERT INTO public.tidemark_inbox VALUES ('bob-1', 6, 'g:03QCPC7P3HXX47BF4DB492QMBX', 6, 4102444800129);
INSERT INTO public.tidemark_inbox VALUES ('bob-1', 7, 'g:03QCPC7P3HXX47BF4DB492QMBX', 7, 4102444800132);
INSERT INTO public.tidemark_inbox VALUES ('bob-1', 8, 'g:03QCPC7P3HXX47BF4DB492QMBX', 8, 4102444800135);
INSERT INTO public.tidemark_inbox VALUES ('bob-1', 9, 'g:03QCPC7P3HXX47BF4DB492QMBX', 9, 4102444800138);
INSERT INTO public.tidemark_inbox VALUES ('bob-1', 10, 'g:03QCPC7P3HXX47BF4DB492QMBX', 10, 4102444800141);
INSERT INTO public.tidemark_inbox VALUES ('bob-1', 11, 'g:03QCPC7P3HXX47BF4DB492QMBX', 11, 4102444800144);
INSERT INTO public.tidemark_inbox VALUES ('bob-1', 12, 'g:03QCPC7P3HXX47BF4DB492QMBX', 12, 4102444800147);
INSERT INTO public.tidemark_inbox VALUES ('bob-1', 13, 'g:03QCPC7P3HXX47BF4DB492QMBX', 13, 4102444800150);
INSERT INTO public.tidemark_inbox VALUES ('bob-1', 14, 'g:03QCPC7P3HXX47BF4DB492QMBX', 14, 4102444800153);
INSERT INTO public.tidemark_inbox VALUES ('bob-1', 15, 'g:03QCPC7P3HXX47BF4DB492QMBX', 15, 4102444800156);
INSERT INTO public.tidemark_inbox VALUES ('bob-1', 16, 'g:03QCPC7P3HXX47BF4DB492QMBX', 16, 4102444800159);
INSERT INTO public.tidemark_inbox VALUES ('bob-1', 17, 'g:03QCPC7P3HXX47BF4DB492QMBX', 17, 4102444800162);
INSERT INTO public.tidemark_inbox VALUES ('bob-1', 18, 'g:03QCPC7P3HXX47BF4DB492QMBX', 18, 4102444800165);
INSERT INTO public.tidemark_inbox VALUES ('bob-1', 19, 'g:03QCPC7P3HXX47BF4DB492QMBX', 19, 4102444800168);
INSERT INTO public.tidemark_inbox VALUES ('bob-1', 20, 'g:03QCPC7P3HXX47BF4DB492QMBX', 20, 4102444800171);
INSERT INTO public.tidemark_inbox VALUES ('bob-1', 21, 'g:03QCPC7P3HXX47BF4DB492QMBX', 21, 4102444800174);
INSERT INTO public.tidemark_inbox VALUES ('bob-1', 22, 'g:03QCPC7P3HXX47BF4DB492QMBX', 22, 4102444800177);
INSERT INTO public.tidemark_inbox VALUES ('bob-1', 23, 'g:03QCPC7P3HXX47BF4DB492QMBX', 23, 4102444800180);
INSERT INTO public.tidemark_inbox VALUES ('bob-1', 24, 'g:03QCPC7P3HXX47BF4DB492QMBX', 24, 4102444800183);
INSERT INTO public.tidemark_inbox VALUES ('bob-1', 25, 'g:03QCPC7P3HXX47BF4DB492QMBX', 25, 4102444800186);
INSERT INTO public.tidemark_inbox VALUES ('bob-1', 26, 'g:03QCPC7P3HXX47BF4DB492QMBX', 26, 4102444800189);
INSERT INTO public.tidemark_inbox VALUES ('bob-1', 27, 'g:03QCPC7P3HXX47BF4DB492QMBX', 27, 4102444800192);
INSERT INTO public.tidemark_inbox VALUES ('bob-1', 28, 'g:03QCPC7P3HXX47BF4DB492QMBX', 28, 4102444800195);
INSERT INTO public.tidemark_inbox VALUES ('bob-1', 29, 'g:03QCPC7P3HXX47BF4DB492QMBX', 29, 4102444800197);
INSERT INTO public.tidemark_inbox VALUES ('bob-1', 30, 'g:03QCPC7P3HXX47BF4DB492QMBX', 30, 4102444800200);
INSERT INTO public.tidemark_inbox VALUES ('carol-1', 1, 'g:03QCPC7P3HXX47BF4DB492QMBX', 28, 4102444800195);
INSERT INTO public.tidemark_inbox VALUES ('carol-1', 2, 'g:03QCPC7P3HXX47BF4DB492QMBX', 29, 4102444800197);
INSERT INTO public.tidemark_inbox VALUES ('carol-1', 3, 'g:03QCPC7P3HXX47BF4DB492QMBX', 30, 4102444800200);
INSERT INTO public.tidemark_inbox VALUES ('carol-1', 4, 'g:03QCPC7P3HXX47BF4DB492QMBX', 31, 4102444800202);
INSERT INTO public.tidemark_inbox VALUES ('alice-1', 32, 'd:alice-1,bob-1', 1, 4102444800204);
INSERT INTO public.tidemark_inbox VALUES ('alice-1', 33, 'd:alice-1,bob-1', 2, 4102444800206);
INSERT INTO public.tidemark_inbox VALUES ('alice-1', 34, 'd:alice-1,bob-1', 3, 4102444800209);
INSERT INTO public.tidemark_inbox VALUES ('alice-1', 35, 'd:alice-1,bob-1', 4, 4102444800212);
INSERT INTO public.tidemark_inbox VALUES ('alice-1', 36, 'd:alice-1,bob-1', 5, 4102444800215);
INSERT INTO public.tidemark_inbox VALUES ('alice-1', 37, 'd:alice-1,bob-1', 6, 4102444800218);
INSERT INTO public.tidemark_inbox VALUES ('bob-1', 31, 'd:alice-1,bob-1', 1, 4102444800204);
INSERT INTO public.tidemark_inbox VALUES ('bob-1', 32, 'd:alice-1,bob-1', 2, 4102444800206);
INSERT INTO public.tidemark_inbox VALUES ('bob-1', 33, 'd:alice-1,bob-1', 3, 4102444800209);
INSERT INTO public.tidemark_inbox VALUES ('bob-1', 34, 'd:alice-1,bob-1', 4, 4102444800212);
INSERT INTO public.tidemark_inbox VALUES ('bob-1', 35, 'd:alice-1,bob-1', 5, 4102444800215);
INSERT INTO public.tidemark_inbox VALUES ('bob-1', 36, 'd:alice-1,bob-1', 6, 4102444800218);
INSERT INTO public.tidemark_inbox VALUES ('bob-1', 37, 'u:bob-1', 1, 4102444800220);
INSERT INTO public.tidemark_inbox VALUES ('bob-1', 38, 'u:bob-1', 2, 4102444800222);
INSERT INTO public.tidemark_inbox VALUES ('carol-1', 5, NULL, NULL, 4102444800223);


--
-- Data for Name: tidemark_inbox_floors; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: tidemark_members; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.tidemark_members VALUES ('g:03QCPC7P3HXX47BF4DB492QMBX', 'alice-1', 1, NULL);
INSERT INTO public.tidemark_members VALUES ('g:03QCPC7P3HXX47BF4DB492QMBX', 'bob-1', 1, 30);
INSERT INTO public.tidemark_members VALUES ('g:03QCPC7P3HXX47BF4DB492QMBX', 'carol-1', 28, NULL);
INSERT INTO public.tidemark_members VALUES ('d:alice-1,bob-1', 'alice-1', 1, NULL);
INSERT INTO public.tidemark_members VALUES ('d:alice-1,bob-1', 'bob-1', 1, NULL);
INSERT INTO public.tidemark_members VALUES ('u:bob-1', 'bob-1', 1, NULL);


--
-- Data for Name: tidemark_meta; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.tidemark_meta VALUES ('epoch', '412f01b4995f4020a84ff2b09b3f8d46');
INSERT INTO public.tidemark_meta VALUES ('identity', '73a969cb5884465d9a8291f8b537d9ac');
INSERT INTO public.tidemark_meta VALUES ('needs', '5');


--
-- Data for Name: tidemark_migrations; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.tidemark_migrations VALUES (1);
INSERT INTO public.tidemark_migrations VALUES (2);
INSERT INTO public.tidemark_migrations VALUES (3);
INSERT INTO public.tidemark_migrations VALUES (4);
INSERT INTO public.tidemark_migrations VALUES (5);


--
-- Data for Name: tidemark_read_marks; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.tidemark_read_marks VALUES ('bob-1', 'd:alice-1,bob-1', 3);


--
-- Data for Name: tidemark_refusals; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.tidemark_refusals VALUES ('carol-1', '03QCPC7P708TD0Z36K4ZCFJXDJ', 2, 'd:alice-1,bob-1', '"not_a_member [conversationId]: the caller is not a member of this conversation"', 4102444800225);


--
-- Data for Name: tidemark_unsettled; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Name: tidemark_conversations tidemark_conversations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tidemark_conversations
    ADD CONSTRAINT tidemark_conversations_pkey PRIMARY KEY (conversation_id);


--
-- Name: tidemark_events tidemark_events_actor_id_command_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tidemark_events
    ADD CONSTRAINT tidemark_events_actor_id_command_id_key UNIQUE (actor_id, command_id);


--
-- Name: tidemark_events tidemark_events_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tidemark_events
    ADD CONSTRAINT tidemark_events_pkey PRIMARY KEY (conversation_id, conversation_seq);


--
-- Name: tidemark_inbox_floors tidemark_inbox_floors_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tidemark_inbox_floors
    ADD CONSTRAINT tidemark_inbox_floors_pkey PRIMARY KEY (user_id);


--
-- Name: tidemark_inbox tidemark_inbox_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tidemark_inbox
    ADD CONSTRAINT tidemark_inbox_pkey PRIMARY KEY (user_id, seq);


--
-- Name: tidemark_inbox tidemark_inbox_user_id_conversation_id_conversation_seq_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tidemark_inbox
    ADD CONSTRAINT tidemark_inbox_user_id_conversation_id_conversation_seq_key UNIQUE (user_id, conversation_id, conversation_seq);


--
-- Name: tidemark_members tidemark_members_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tidemark_members
    ADD CONSTRAINT tidemark_members_pkey PRIMARY KEY (conversation_id, user_id, joined_seq);


--
-- Name: tidemark_meta tidemark_meta_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tidemark_meta
    ADD CONSTRAINT tidemark_meta_pkey PRIMARY KEY (name);


--
-- Name: tidemark_migrations tidemark_migrations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tidemark_migrations
    ADD CONSTRAINT tidemark_migrations_pkey PRIMARY KEY (version);


--
-- Name: tidemark_read_marks tidemark_read_marks_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tidemark_read_marks
    ADD CONSTRAINT tidemark_read_marks_pkey PRIMARY KEY (user_id, conversation_id);


--
-- Name: tidemark_refusals tidemark_refusals_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tidemark_refusals
    ADD CONSTRAINT tidemark_refusals_pkey PRIMARY KEY (actor_id, command_id, retry);


--
-- Name: tidemark_unsettled tidemark_unsettled_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tidemark_unsettled
    ADD CONSTRAINT tidemark_unsettled_pkey PRIMARY KEY (conversation_id, conversation_seq);


--
-- Name: tidemark_inbox_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX tidemark_inbox_at ON public.tidemark_inbox USING btree (at);


--
-- Name: tidemark_members_user_id_conversation_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX tidemark_members_user_id_conversation_id ON public.tidemark_members USING btree (user_id, conversation_id);


--
-- Name: tidemark_refusals_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX tidemark_refusals_at ON public.tidemark_refusals USING btree (at);


--
-- PostgreSQL database dump complete
--

\unrestrict 3cRypZUQJDAerySnrYfQ7kzk57YgOq8es3dYcCMJZHhgw3g1ZWVWgOXGMXigo0z

