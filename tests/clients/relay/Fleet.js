// The documents, which relay-compiler reads. walk.mjs imports what it makes of them in __generated__, since no bundler's
// plugin puts that in the place of these tags.
import { graphql } from "relay-runtime";

graphql`
  query FleetQuery($first: Int!) {
    ...Fleet_devices @arguments(first: $first)
  }
`;

graphql`
  fragment Fleet_devices on Query
  @argumentDefinitions(first: { type: "Int!" }, after: { type: "String" })
  @refetchable(queryName: "FleetPageQuery") {
    devices(first: $first, after: $after) @connection(key: "Fleet_devices") {
      __id
      edges {
        node {
          id
          ...Fleet_device
        }
      }
    }
  }
`;

graphql`
  fragment Fleet_device on Device @refetchable(queryName: "FleetDeviceQuery") {
    __typename
    name
    clientId
    networkAdapters {
      __typename
      ... on CommonNetworkAdapter {
        urn
      }
    }
  }
`;

graphql`
  mutation FleetRenameMutation($input: UpdateDeviceInput!) {
    updateDevice(input: $input) {
      device {
        ...Fleet_device
      }
      userErrors {
        code
        field
      }
    }
  }
`;

graphql`
  mutation FleetCreateMutation($input: CreateDeviceInput!, $connections: [ID!]!) {
    createDevice(input: $input) {
      deviceEdge @appendEdge(connections: $connections) {
        node {
          ...Fleet_device
        }
      }
      userErrors {
        code
      }
    }
  }
`;

graphql`
  mutation FleetDeleteMutation($input: DeleteDeviceInput!, $connections: [ID!]!) {
    deleteDevice(input: $input) {
      deletedDeviceId @deleteEdge(connections: $connections)
      userErrors {
        code
      }
    }
  }
`;
