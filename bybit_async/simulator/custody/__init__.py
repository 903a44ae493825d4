"""What accounts have besides trading: members, deposits, withdrawals, conversions, debts."""
