/*M!999999\- enable the sandbox mode */ 
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `tidemark_conversations` (
  `conversation_id` varchar(320) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `kind` varchar(320) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `title` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL,
  `created_by` varchar(320) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `created_at` bigint(20) NOT NULL,
  `head` bigint(20) NOT NULL,
  `last_at` bigint(20) NOT NULL,
  `last_message_seq` bigint(20) DEFAULT NULL,
  `active_at` bigint(20) NOT NULL,
  PRIMARY KEY (`conversation_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
INSERT INTO `tidemark_conversations` VALUES
('d:alice-1,bob-1','direct',NULL,'alice-1',4102444800317,6,4102444800331,6,4102444800331),
('g:03QCPC7P727EXCD7XP4XGZC2XH','group','\"Lunch “🐟”\"','alice-1',4102444800228,31,4102444800315,31,4102444800315),
('u:bob-1','self',NULL,'bob-1',4102444800333,2,4102444800335,NULL,4102444800333);
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `tidemark_events` (
  `conversation_id` varchar(320) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `conversation_seq` bigint(20) NOT NULL,
  `actor_id` varchar(320) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `command_id` varchar(320) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `type` varchar(320) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `at` bigint(20) NOT NULL,
  `body` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  PRIMARY KEY (`conversation_id`,`conversation_seq`),
  UNIQUE KEY `actor_id` (`actor_id`,`command_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
INSERT INTO `tidemark_events` VALUES
('d:alice-1,bob-1',1,'alice-1',NULL,'conversation.created',4102444800317,'{\"kind\":\"direct\",\"title\":null,\"memberIds\":[\"alice-1\",\"bob-1\"]}'),
('d:alice-1,bob-1',2,'bob-1','03QCPC7P9Y8EV94VYYPAJC6MJV','message.sent',4102444800319,'{\"messageId\":\"03QCPC7PA0XC2FA4WFM817GQ8T\",\"message\":{\"type\":\"text\",\"content\":{\"text\":\"message 2\"}}}'),
('d:alice-1,bob-1',3,'alice-1','03QCPC7PA1S758067NZ5AJZ5A5','message.sent',4102444800322,'{\"messageId\":\"03QCPC7PA3A2364C69BHWZXTFZ\",\"message\":{\"type\":\"text\",\"content\":{\"text\":\"message 3\"}}}'),
('d:alice-1,bob-1',4,'bob-1','03QCPC7PA4794M41CCHM8PTDX4','message.sent',4102444800325,'{\"messageId\":\"03QCPC7PA6N3H7GM2JBE3B5DY2\",\"message\":{\"type\":\"text\",\"content\":{\"text\":\"message 4\"}}}'),
('d:alice-1,bob-1',5,'alice-1','03QCPC7PA7RTEJHRXSP49XQGW9','message.sent',4102444800328,'{\"messageId\":\"03QCPC7PA99YSYSJXKC280VE6K\",\"message\":{\"type\":\"text\",\"content\":{\"text\":\"message 5\"}}}'),
('d:alice-1,bob-1',6,'bob-1','03QCPC7PAAHC22A9XH60ZG3B7X','message.sent',4102444800331,'{\"messageId\":\"03QCPC7PACFZFCT6SNC48TMJCE\",\"message\":{\"type\":\"text\",\"content\":{\"text\":\"message 6\"}}}'),
('g:03QCPC7P727EXCD7XP4XGZC2XH',1,'alice-1','03QCPC7P73BAZTFTF9Q3D4AF28','conversation.created',4102444800228,'{\"kind\":\"group\",\"title\":\"Lunch “🐟”\",\"memberIds\":[\"alice-1\",\"bob-1\"]}'),
('g:03QCPC7P727EXCD7XP4XGZC2XH',2,'alice-1','03QCPC7P75BQ547XSNTMZ3FJ6Z','message.sent',4102444800230,'{\"messageId\":\"03QCPC7P773PYSCV12RQ7D42DS\",\"message\":{\"type\":\"text\",\"content\":{\"text\":\"\'; DROP TABLE events; --\"}}}'),
('g:03QCPC7P727EXCD7XP4XGZC2XH',3,'alice-1','03QCPC7P7805GER6B8NYHQZ3R9','message.sent',4102444800233,'{\"messageId\":\"03QCPC7P7ACJTYTNGKVA7J7Q6J\",\"message\":{\"type\":\"text\",\"content\":{\"text\":\"\\\" OR \\\"\\\"=\\\"\"}}}'),
('g:03QCPC7P727EXCD7XP4XGZC2XH',4,'alice-1','03QCPC7P7B2DA9107MSRPPMDR3','message.sent',4102444800236,'{\"messageId\":\"03QCPC7P7DSBAJB5DBBBX7JWK5\",\"message\":{\"type\":\"text\",\"content\":{\"text\":\"`id`\"}}}'),
('g:03QCPC7P727EXCD7XP4XGZC2XH',5,'alice-1','03QCPC7P7EC23CC2QHFYAJ331S','message.sent',4102444800239,'{\"messageId\":\"03QCPC7P7GT7KYMNPZVNRY63T3\",\"message\":{\"type\":\"text\",\"content\":{\"text\":\"\\\\\'; \\\\x00 \\\\u0000 \\\\\"}}}'),
('g:03QCPC7P727EXCD7XP4XGZC2XH',6,'alice-1','03QCPC7P7HWPNDP60MKEAS9QW1','message.sent',4102444800242,'{\"messageId\":\"03QCPC7P7KB30J3MH5RSD8CFEH\",\"message\":{\"type\":\"text\",\"content\":{\"text\":\"$where\"}}}'),
('g:03QCPC7P727EXCD7XP4XGZC2XH',7,'alice-1','03QCPC7P7M24ATH1MVH8VD6NJ8','message.sent',4102444800245,'{\"messageId\":\"03QCPC7P7P9V65WNDWHXXWRS4H\",\"message\":{\"type\":\"text\",\"content\":{\"text\":\"{\\\"$ne\\\": null}\"}}}'),
('g:03QCPC7P727EXCD7XP4XGZC2XH',8,'alice-1','03QCPC7P7Q8G73RCQH1WNT3C15','message.sent',4102444800248,'{\"messageId\":\"03QCPC7P7SET2GJ6R6DPJA17WW\",\"message\":{\"type\":\"text\",\"content\":{\"text\":\"__proto__\"}}}'),
('g:03QCPC7P727EXCD7XP4XGZC2XH',9,'alice-1','03QCPC7P7TZW29NR6KNTT3NXEM','message.sent',4102444800251,'{\"messageId\":\"03QCPC7P7WT3K4FAFDSHJJYEXV\",\"message\":{\"type\":\"text\",\"content\":{\"text\":\"constructor\"}}}'),
('g:03QCPC7P727EXCD7XP4XGZC2XH',10,'alice-1','03QCPC7P7XZEJNRTE1SR5CA8VY','message.sent',4102444800254,'{\"messageId\":\"03QCPC7P7ZWC2474FTQP4JC18H\",\"message\":{\"type\":\"text\",\"content\":{\"text\":\"{{7*7}} ${7*7} <%= 7*7 %>\"}}}'),
('g:03QCPC7P727EXCD7XP4XGZC2XH',11,'alice-1','03QCPC7P80A10KC5MVEVBP0WV2','message.sent',4102444800257,'{\"messageId\":\"03QCPC7P825P6Q5TR0637QA4R7\",\"message\":{\"type\":\"text\",\"content\":{\"text\":\"%s %d %n %\"}}}'),
('g:03QCPC7P727EXCD7XP4XGZC2XH',12,'alice-1','03QCPC7P839YM73PAZEQBX1W02','message.sent',4102444800260,'{\"messageId\":\"03QCPC7P85VYKDN9X7QDVQTGAK\",\"message\":{\"type\":\"text\",\"content\":{\"text\":\"100% _wild_ [a-z]*\"}}}'),
('g:03QCPC7P727EXCD7XP4XGZC2XH',13,'alice-1','03QCPC7P86HNJE2CC782FP9SAF','message.sent',4102444800263,'{\"messageId\":\"03QCPC7P88Y078G89QAWA3Q7T6\",\"message\":{\"type\":\"text\",\"content\":{\"text\":\"?1 :name @p1 $1 ??\"}}}'),
('g:03QCPC7P727EXCD7XP4XGZC2XH',14,'alice-1','03QCPC7P89M7T9SZH9MHXFAAYE','message.sent',4102444800266,'{\"messageId\":\"03QCPC7P8B69FR0RD9VZAY0YQV\",\"message\":{\"type\":\"text\",\"content\":{\"text\":\"null\"}}}'),
('g:03QCPC7P727EXCD7XP4XGZC2XH',15,'alice-1','03QCPC7P8C96JPRYEYFGVE83TS','message.sent',4102444800269,'{\"messageId\":\"03QCPC7P8EBWR6VR3PKR1HBZ10\",\"message\":{\"type\":\"text\",\"content\":{\"text\":\"NaN\"}}}'),
('g:03QCPC7P727EXCD7XP4XGZC2XH',16,'alice-1','03QCPC7P8FN3MPBRCA0BF0EAGH','message.sent',4102444800272,'{\"messageId\":\"03QCPC7P8HE7YR88R2RGJ4WTC4\",\"message\":{\"type\":\"text\",\"content\":{\"text\":\"\"}}}'),
('g:03QCPC7P727EXCD7XP4XGZC2XH',17,'alice-1','03QCPC7P8JV2BZYCWD4SHHY9T8','message.sent',4102444800275,'{\"messageId\":\"03QCPC7P8MFHJ9YGWDT441JQAK\",\"message\":{\"type\":\"text\",\"content\":{\"text\":\" leading and trailing \"}}}'),
('g:03QCPC7P727EXCD7XP4XGZC2XH',18,'alice-1','03QCPC7P8N6PZQW64935RBYCR5','message.sent',4102444800278,'{\"messageId\":\"03QCPC7P8Q93VPAXG4HSZ2WQ89\",\"message\":{\"type\":\"text\",\"content\":{\"text\":\"line\\nfeed\\r\\ntab\\t  \"}}}'),
('g:03QCPC7P727EXCD7XP4XGZC2XH',19,'alice-1','03QCPC7P8RW03BVSND9042Z8EK','message.sent',4102444800281,'{\"messageId\":\"03QCPC7P8T4R2ED0JVVHA1EDBR\",\"message\":{\"type\":\"text\",\"content\":{\"text\":\"nul \\u0000 inside\"}}}'),
('g:03QCPC7P727EXCD7XP4XGZC2XH',20,'alice-1','03QCPC7P8VTM9RCNJYEGBNY8WT','message.sent',4102444800284,'{\"messageId\":\"03QCPC7P8XNKSG2EXZGM97VCY1\",\"message\":{\"type\":\"text\",\"content\":{\"text\":\"\\u0001\\u001f\"}}}'),
('g:03QCPC7P727EXCD7XP4XGZC2XH',21,'alice-1','03QCPC7P8YKYR7PNGJHSPZC5FJ','message.sent',4102444800287,'{\"messageId\":\"03QCPC7P90P6BZ1M3JJWFD2BPE\",\"message\":{\"type\":\"text\",\"content\":{\"text\":\"😀 astral 𝔘𝔫𝔦 𠜎\"}}}'),
('g:03QCPC7P727EXCD7XP4XGZC2XH',22,'alice-1','03QCPC7P91G7QPJ2GZTH1M9YB6','message.sent',4102444800290,'{\"messageId\":\"03QCPC7P93XNCWWRXQMTMJ4JFB\",\"message\":{\"type\":\"text\",\"content\":{\"text\":\"é is not é\"}}}'),
('g:03QCPC7P727EXCD7XP4XGZC2XH',23,'alice-1','03QCPC7P940P4405QC81X4TYZ6','message.sent',4102444800293,'{\"messageId\":\"03QCPC7P96E49BK842ERXN0YF8\",\"message\":{\"type\":\"text\",\"content\":{\"text\":\"‮right to left‬ שלום عليكم\"}}}'),
('g:03QCPC7P727EXCD7XP4XGZC2XH',24,'alice-1','03QCPC7P975CT09915P5DH2VGS','message.sent',4102444800296,'{\"messageId\":\"03QCPC7P99WE2FM3GCPYJ3JGMR\",\"message\":{\"type\":\"text\",\"content\":{\"text\":\"👩‍👩‍👧‍👦 zero​width﻿\"}}}'),
('g:03QCPC7P727EXCD7XP4XGZC2XH',25,'alice-1','03QCPC7P9A99EMEN5DJJPDGV2N','message.sent',4102444800299,'{\"messageId\":\"03QCPC7P9CK1T5BT7AQ580TJ94\",\"message\":{\"type\":\"text\",\"content\":{\"text\":\"lone high \\ud83d end\"}}}'),
('g:03QCPC7P727EXCD7XP4XGZC2XH',26,'alice-1','03QCPC7P9DS5PASQ1SSKGW2NCP','message.sent',4102444800302,'{\"messageId\":\"03QCPC7P9F2MQ7J9HN1P2PTMHH\",\"message\":{\"type\":\"text\",\"content\":{\"text\":\"lone low \\ude00 end\"}}}'),
('g:03QCPC7P727EXCD7XP4XGZC2XH',27,'alice-1','03QCPC7P9GY4P1M6JYP103318Q','message.sent',4102444800305,'{\"messageId\":\"03QCPC7P9JVD4QH6P3TAXQMEJT\",\"message\":{\"type\":\"text\",\"content\":{\"text\":\"￿￾�\"}}}'),
('g:03QCPC7P727EXCD7XP4XGZC2XH',28,'alice-1','03QCPC7P9KJ380Y85NZ965DEX1','members.added',4102444800308,'{\"memberIds\":[\"carol-1\"]}'),
('g:03QCPC7P727EXCD7XP4XGZC2XH',29,'carol-1','03QCPC7P9NFR915H5FSAYPYNZF','message.sent',4102444800310,'{\"messageId\":\"03QCPC7P9QN51XY1TKFW34GK70\",\"message\":{\"type\":\"text\",\"content\":{\"text\":\"message 29\"}}}'),
('g:03QCPC7P727EXCD7XP4XGZC2XH',30,'bob-1','03QCPC7P9RVWXYWM1D0S8VVPWH','members.removed',4102444800313,'{\"memberIds\":[\"bob-1\"]}'),
('g:03QCPC7P727EXCD7XP4XGZC2XH',31,'carol-1','03QCPC7P9TSGDHHGR0RXWQFB14','message.sent',4102444800315,'{\"messageId\":\"03QCPC7P9WCABZXH8TXC1AQGXV\",\"message\":{\"type\":\"text\",\"content\":{\"text\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}}}'),
('u:bob-1',1,'bob-1',NULL,'conversation.created',4102444800333,'{\"kind\":\"self\",\"title\":null,\"memberIds\":[\"bob-1\"]}'),
('u:bob-1',2,'bob-1','03QCPC7PAE5GG839S7FP3E7S83','read.marked',4102444800335,'{\"of\":\"d:alice-1,bob-1\",\"readSeq\":3}');
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `tidemark_inbox` (
  `user_id` varchar(320) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `seq` bigint(20) NOT NULL,
  `conversation_id` varchar(320) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `conversation_seq` bigint(20) DEFAULT NULL,
  `at` bigint(20) NOT NULL,
  PRIMARY KEY (`user_id`,`seq`),
  UNIQUE KEY `user_id` (`user_id`,`conversation_id`,`conversation_seq`),
  KEY `tidemark_inbox_at` (`at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
INSERT INTO `tidemark_inbox` VALUES
('alice-1',1,'g:03QCPC7P727EXCD7XP4XGZC2XH',1,4102444800228),
('alice-1',2,'g:03QCPC7P727EXCD7XP4XGZC2XH',2,4102444800230),
('alice-1',3,'g:03QCPC7P727EXCD7XP4XGZC2XH',3,4102444800233),
('alice-1',4,'g:03QCPC7P727EXCD7XP4XGZC2XH',4,4102444800236),
('alice-1',5,'g:03QCPC7P727EXCD7XP4XGZC2XH',5,4102444800239),
('alice-1',6,'g:03QCPC7P727EXCD7XP4XGZC2XH',6,4102444800242),
('alice-1',7,'g:03QCPC7P727EXCD7XP4XGZC2XH',7,4102444800245),
('alice-1',8,'g:03QCPC7P727EXCD7XP4XGZC2XH',8,4102444800248),
('alice-1',9,'g:03QCPC7P727EXCD7XP4XGZC2XH',9,4102444800251),
('alice-1',10,'g:03QCPC7P727EXCD7XP4XGZC2XH',10,4102444800254),
('alice-1',11,'g:03QCPC7P727EXCD7XP4XGZC2XH',11,4102444800257),
('alice-1',12,'g:03QCPC7P727EXCD7XP4XGZC2XH',12,4102444800260),
('alice-1',13,'g:03QCPC7P727EXCD7XP4XGZC2XH',13,4102444800263),
('alice-1',14,'g:03QCPC7P727EXCD7XP4XGZC2XH',14,4102444800266),
('alice-1',15,'g:03QCPC7P727EXCD7XP4XGZC2XH',15,4102444800269),
('alice-1',16,'g:03QCPC7P727EXCD7XP4XGZC2XH',16,4102444800272),
('alice-1',17,'g:03QCPC7P727EXCD7XP4XGZC2XH',17,4102444800275),
('alice-1',18,'g:03QCPC7P727EXCD7XP4XGZC2XH',18,4102444800278),
('alice-1',19,'g:03QCPC7P727EXCD7XP4XGZC2XH',19,4102444800281),
('alice-1',20,'g:03QCPC7P727EXCD7XP4XGZC2XH',20,4102444800284),
('alice-1',21,'g:03QCPC7P727EXCD7XP4XGZC2XH',21,4102444800287),
('alice-1',22,'g:03QCPC7P727EXCD7XP4XGZC2XH',22,4102444800290),
('alice-1',23,'g:03QCPC7P727EXCD7XP4XGZC2XH',23,4102444800293),
('alice-1',24,'g:03QCPC7P727EXCD7XP4XGZC2XH',24,4102444800296),
('alice-1',25,'g:03QCPC7P727EXCD7XP4XGZC2XH',25,4102444800299),
('alice-1',26,'g:03QCPC7P727EXCD7XP4XGZC2XH',26,4102444800302),
('alice-1',27,'g:03QCPC7P727EXCD7XP4XGZC2XH',27,4102444800305),
('alice-1',28,'g:03QCPC7P727EXCD7XP4XGZC2XH',28,4102444800308),
('alice-1',29,'g:03QCPC7P727EXCD7XP4XGZC2XH',29,4102444800310),
('alice-1',30,'g:03QCPC7P727EXCD7XP4XGZC2XH',30,4102444800313),
('alice-1',31,'g:03QCPC7P727EXCD7XP4XGZC2XH',31,4102444800315),
('alice-1',32,'d:alice-1,bob-1',1,4102444800317),
('alice-1',33,'d:alice-1,bob-1',2,4102444800319),
('alice-1',34,'d:alice-1,bob-1',3,4102444800322),
('alice-1',35,'d:alice-1,bob-1',4,4102444800325),
('alice-1',36,'d:alice-1,bob-1',5,4102444800328),
('alice-1',37,'d:alice-1,bob-1',6,4102444800331),
('bob-1',1,'g:03QCPC7P727EXCD7XP4XGZC2XH',1,4102444800228),
('bob-1',2,'g:03QCPC7P727EXCD7XP4XGZC2XH',2,4102444800230),
('bob-1',3,'g:03QCPC7P727EXCD7XP4XGZC2XH',3,4102444800233),
('bob-1',4,'g:03QCPC7P727EXCD7XP4XGZC2XH',4,4102444800236),
('bob-1',5,'g:03QCPC7P727EXCD7XP4XGZC2XH',5,4102444800239),
('bob-1',6,'g:03QCPC7P727EXCD7XP4XGZC2XH',6,4102444800242),
('bob-1',7,'g:03QCPC7P727EXCD7XP4XGZC2XH',7,4102444800245),
('bob-1',8,'g:03QCPC7P727EXCD7XP4XGZC2XH',8,4102444800248),
('bob-1',9,'g:03QCPC7P727EXCD7XP4XGZC2XH',9,4102444800251),
('bob-1',10,'g:03QCPC7P727EXCD7XP4XGZC2XH',10,4102444800254),
('bob-1',11,'g:03QCPC7P727EXCD7XP4XGZC2XH',11,4102444800257),
('bob-1',12,'g:03QCPC7P727EXCD7XP4XGZC2XH',12,4102444800260),
('bob-1',13,'g:03QCPC7P727EXCD7XP4XGZC2XH',13,4102444800263),
('bob-1',14,'g:03QCPC7P727EXCD7XP4XGZC2XH',14,4102444800266),
('bob-1',15,'g:03QCPC7P727EXCD7XP4XGZC2XH',15,4102444800269),
('bob-1',16,'g:03QCPC7P727EXCD7XP4XGZC2XH',16,4102444800272),
('bob-1',17,'g:03QCPC7P727EXCD7XP4XGZC2XH',17,4102444800275),
('bob-1',18,'g:03QCPC7P727EXCD7XP4XGZC2XH',18,4102444800278),
('bob-1',19,'g:03QCPC7P727EXCD7XP4XGZC2XH',19,4102444800281),
('bob-1',20,'g:03QCPC7P727EXCD7XP4XGZC2XH',20,4102444800284),
('bob-1',21,'g:03QCPC7P727EXCD7XP4XGZC2XH',21,4102444800287),
('bob-1',22,'g:03QCPC7P727EXCD7XP4XGZC2XH',22,4102444800290),
('bob-1',23,'g:03QCPC7P727EXCD7XP4XGZC2XH',23,4102444800293),
('bob-1',24,'g:03QCPC7P727EXCD7XP4XGZC2XH',24,4102444800296),
('bob-1',25,'g:03QCPC7P727EXCD7XP4XGZC2XH',25,4102444800299),
('bob-1',26,'g:03QCPC7P727EXCD7XP4XGZC2XH',26,4102444800302),
('bob-1',27,'g:03QCPC7P727EXCD7XP4XGZC2XH',27,4102444800305),
('bob-1',28,'g:03QCPC7P727EXCD7XP4XGZC2XH',28,4102444800308),
('bob-1',29,'g:03QCPC7P727EXCD7XP4XGZC2XH',29,4102444800310),
('bob-1',30,'g:03QCPC7P727EXCD7XP4XGZC2XH',30,4102444800313),
('bob-1',31,'d:alice-1,bob-1',1,4102444800317),
('bob-1',32,'d:alice-1,bob-1',2,4102444800319),
('bob-1',33,'d:alice-1,bob-1',3,4102444800322),
('bob-1',34,'d:alice-1,bob-1',4,4102444800325),
('bob-1',35,'d:alice-1,bob-1',5,4102444800328),
('bob-1',36,'d:alice-1,bob-1',6,4102444800331),
('bob-1',37,'u:bob-1',1,4102444800333),
('bob-1',38,'u:bob-1',2,4102444800335),
('carol-1',1,'g:03QCPC7P727EXCD7XP4XGZC2XH',28,4102444800308),
('carol-1',2,'g:03QCPC7P727EXCD7XP4XGZC2XH',29,4102444800310),
('carol-1',3,'g:03QCPC7P727EXCD7XP4XGZC2XH',30,4102444800313),
('carol-1',4,'g:03QCPC7P727EXCD7XP4XGZC2XH',31,4102444800315),
('carol-1',5,NULL,NULL,4102444800336);
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `tidemark_inbox_floors` (
  `user_id` varchar(320) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `floor` bigint(20) NOT NULL,
  PRIMARY KEY (`user_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `tidemark_members` (
  `conversation_id` varchar(320) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `user_id` varchar(320) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `joined_seq` bigint(20) NOT NULL,
  `left_seq` bigint(20) DEFAULT NULL,
  PRIMARY KEY (`conversation_id`,`user_id`,`joined_seq`),
  KEY `tidemark_members_user_id_conversation_id` (`user_id`,`conversation_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
INSERT INTO `tidemark_members` VALUES
('d:alice-1,bob-1','alice-1',1,NULL),
('d:alice-1,bob-1','bob-1',1,NULL),
('g:03QCPC7P727EXCD7XP4XGZC2XH','alice-1',1,NULL),
('g:03QCPC7P727EXCD7XP4XGZC2XH','bob-1',1,30),
('g:03QCPC7P727EXCD7XP4XGZC2XH','carol-1',28,NULL),
('u:bob-1','bob-1',1,NULL);
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `tidemark_meta` (
  `name` varchar(320) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `value` varchar(320) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
INSERT INTO `tidemark_meta` VALUES
('epoch','87ea9a77511f49d995a9686e07bb0a9d'),
('identity','4908aa3c39da4e45ba8d1d453c01cd1f'),
('needs','5');
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `tidemark_migrations` (
  `version` bigint(20) NOT NULL,
  PRIMARY KEY (`version`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
INSERT INTO `tidemark_migrations` VALUES
(1),
(2),
(3),
(4),
(5);
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `tidemark_read_marks` (
  `user_id` varchar(320) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `conversation_id` varchar(320) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `read_seq` bigint(20) NOT NULL,
  PRIMARY KEY (`user_id`,`conversation_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
INSERT INTO `tidemark_read_marks` VALUES
('bob-1','d:alice-1,bob-1',3);
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `tidemark_refusals` (
  `actor_id` varchar(320) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `command_id` varchar(320) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `retry` bigint(20) NOT NULL,
  `conversation_id` varchar(320) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `text` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  `at` bigint(20) NOT NULL,
  PRIMARY KEY (`actor_id`,`command_id`,`retry`),
  KEY `tidemark_refusals_at` (`at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
INSERT INTO `tidemark_refusals` VALUES
('carol-1','03QCPC7PAHNX7EMDT6P4EHVGXZ',2,'d:alice-1,bob-1','\"not_a_member [conversationId]: the caller is not a member of this conversation\"',4102444800338);
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `tidemark_unsettled` (
  `conversation_id` varchar(320) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `conversation_seq` bigint(20) NOT NULL,
  PRIMARY KEY (`conversation_id`,`conversation_seq`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
