"""What can be fetched or counted anew: lists of models, their orders, what a day has cost."""
