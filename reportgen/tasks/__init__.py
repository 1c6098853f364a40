"""What a model does with a text: its predictions as one table, whatever the kind of output."""
