package main

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"accord.example/client/accord"
)

func givenBack(refund accord.Refund) accord.Money { return refund.Amount }

func main() {
	withToken := accord.WithRequestEditorFn(func(_ context.Context, request *http.Request) error {
		request.Header.Set("Authorization", "Bearer "+os.Getenv("ACCORD_TOKEN"))
		return nil
	})
	client, err := accord.NewClientWithResponses(os.Getenv("ACCORD_API"), withToken)
	if err != nil {
		panic(err)
	}
	duration := accord.DurationInput{Unit: "month", Value: 1}
	answer, err := client.PlaceOrderWithResponse(context.Background(), nil, accord.PlaceOrderRequest{
		ProductCode: os.Getenv("ACCORD_PRODUCT"),
		BillType:    "prepay",
		ChargeType:  "subscription",
		Duration:    &duration,
	})
	if err != nil {
		panic(err)
	}
	if answer.JSON201 == nil {
		panic(string(answer.Body))
	}
	var order accord.Order = *answer.JSON201
	var amount accord.Money = order.PayableAmount
	fmt.Println(order.OrderId, amount.Amount, amount.Currency)
	_ = givenBack
}
