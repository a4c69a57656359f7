"""Files in and out: reading what others made, writing what others open. Nothing here touches the database."""
