-- a type that is there already: since PostgreSQL 17, the labels of one made in the same transaction can be used at once
CREATE TYPE "status" AS ENUM ('new', 'done');
