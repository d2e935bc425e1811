import os

from accord_client import AuthenticatedClient
from accord_client.api.orders import place_order
from accord_client.models import (
    BillType,
    ChargeType,
    DurationInput,
    DurationInputUnit,
    Money,
    Order,
    PlaceOrderRequest,
    Refund,
)


def given_back(refund: Refund) -> Money:
    return refund.amount


client = AuthenticatedClient(base_url=os.environ["ACCORD_API"], token=os.environ["ACCORD_TOKEN"])
order = place_order.sync(
    client=client,
    body=PlaceOrderRequest(
        product_code=os.environ["ACCORD_PRODUCT"],
        bill_type=BillType.PREPAY,
        charge_type=ChargeType.SUBSCRIPTION,
        duration=DurationInput(unit=DurationInputUnit.MONTH, value=1),
    ),
)
assert isinstance(order, Order), order
amount: Money = order.payable_amount
print(order.order_id, amount.amount, amount.currency)
