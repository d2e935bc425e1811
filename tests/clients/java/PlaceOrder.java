import org.openapitools.client.ApiClient;
import org.openapitools.client.api.OrdersApi;
import org.openapitools.client.model.BillType;
import org.openapitools.client.model.ChargeType;
import org.openapitools.client.model.DurationInput;
import org.openapitools.client.model.Money;
import org.openapitools.client.model.Order;
import org.openapitools.client.model.PlaceOrderRequest;
import org.openapitools.client.model.Refund;

public class PlaceOrder {
  static Money givenBack(Refund refund) {
    return refund.getAmount();
  }

  public static void main(String[] arguments) throws Exception {
    ApiClient client = new ApiClient();
    client.updateBaseUri(System.getenv("ACCORD_API"));
    String token = "Bearer " + System.getenv("ACCORD_TOKEN");
    client.setRequestInterceptor(request -> request.header("Authorization", token));
    PlaceOrderRequest asked =
        new PlaceOrderRequest()
            .productCode(System.getenv("ACCORD_PRODUCT"))
            .billType(BillType.PREPAY)
            .chargeType(ChargeType.SUBSCRIPTION)
            .duration(new DurationInput().unit(DurationInput.UnitEnum.MONTH).value(1));
    Order order = new OrdersApi(client).placeOrder(asked, null, null, null);
    Money amount = order.getPayableAmount();
    System.out.println(order.getOrderId() + " " + amount.getAmount() + " " + amount.getCurrency());
  }
}
