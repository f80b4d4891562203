"""A cart that begins with a list of people: the shop tells who needs a seat, and how many are to be bought.

Open to those who buy and look after all seats of the account. It counts the free seats of the whole account before it
tells how many to buy, and seats bought belong to no team: an operator limited to teams, orders or courses would be told
of seats that they may not see, and would pay for some that they could not use. They buy more of what they look after
(`shop.more`) and place a list on it at the desk (`enrolments.lists`).
"""
