CREATE TABLE `boats` (`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL, `name` text NOT NULL, `seats` integer NOT NULL, `built` text NOT NULL, `photo` text);
--> statement-breakpoint
CREATE UNIQUE INDEX `boats_name_unique` ON `boats` (`name`);
--> statement-breakpoint
CREATE TABLE `bookings` (`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL, `boat_id` integer NOT NULL REFERENCES boats(id), `who` text NOT NULL, `day` text NOT NULL);
--> statement-breakpoint
CREATE UNIQUE INDEX `bookings_day_unique` ON `bookings` (`boat_id`,`day`);
--> statement-breakpoint
INSERT INTO `boats` (`name`, `seats`, `built`) VALUES ('Æbelø', 4, '1998-05-04'), ('Hjelm', 2, '2011-10-21'), ('Samsø', 8, '2024-03-01');
