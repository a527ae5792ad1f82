"""Addresses of referrals: /r/<reference>/… for one, plurals for lists. No names and no counts stand in them."""


app_name = "referrals"

urlpatterns: list = []
