"""The program of a beginner's TensorFlow tutorial, block by block; only its import lines are changed."""

import clarinet as tf
import numpy as np
import matplotlib.pyplot as plt

# Load the MNIST dataset
(x_train, y_train), (x_test, y_test) = tf.keras.datasets.mnist.load_data()

print(f"Training data shape: {x_train.shape}")
print(f"Training labels shape: {y_train.shape}")
print(f"Test data shape: {x_test.shape}")
print(f"Test labels shape: {y_test.shape}")

# Display first 10 training images
plt.figure(figsize=(12, 6))
for i in range(10):
    plt.subplot(2, 5, i + 1)
    plt.imshow(x_train[i], cmap='gray')
    plt.title(f'Label: {y_train[i]}')
    plt.axis('off')
plt.tight_layout()
plt.show()

# Normalize pixel values to range [0, 1]
x_train = x_train.astype('float32') / 255.0
x_test = x_test.astype('float32') / 255.0

print(f"Min pixel value: {x_train.min()}")
print(f"Max pixel value: {x_train.max()}")

# Reshape from 28x28 images to 784-dimensional vectors
x_train_flat = x_train.reshape(x_train.shape[0], -1)
x_test_flat = x_test.reshape(x_test.shape[0], -1)

print(f"Reshaped training data: {x_train_flat.shape}")
print(f"Reshaped test data: {x_test_flat.shape}")

from clarinet.keras.models import Sequential
from clarinet.keras.layers import Dense
from clarinet.keras.optimizers import Adam

# Create the model
model = Sequential([
    Dense(128, activation='relu', input_shape=(784,)),
    Dense(64, activation='relu'),
    Dense(10, activation='softmax')
])

# Display model architecture
model.summary()

model.compile(
    optimizer='adam',
    loss='sparse_categorical_crossentropy',
    metrics=['accuracy']
)

# Train the model
history = model.fit(
    x_train_flat, y_train,
    epochs=10,
    batch_size=32,
    validation_split=0.2,
    verbose=1
)

# Plot training history
plt.figure(figsize=(12, 4))

plt.subplot(1, 2, 1)
plt.plot(history.history['accuracy'], label='Training Accuracy')
plt.plot(history.history['val_accuracy'], label='Validation Accuracy')
plt.title('Model Accuracy')
plt.xlabel('Epoch')
plt.ylabel('Accuracy')
plt.legend()

plt.subplot(1, 2, 2)
plt.plot(history.history['loss'], label='Training Loss')
plt.plot(history.history['val_loss'], label='Validation Loss')
plt.title('Model Loss')
plt.xlabel('Epoch')
plt.ylabel('Loss')
plt.legend()

plt.tight_layout()
plt.show()

# Evaluate on test data
test_loss, test_accuracy = model.evaluate(x_test_flat, y_test, verbose=0)
print(f"Test Accuracy: {test_accuracy:.4f}")
print(f"Test Loss: {test_loss:.4f}")

# Make predictions
predictions = model.predict(x_test_flat[:10])

# Display results
plt.figure(figsize=(15, 6))
for i in range(10):
    plt.subplot(2, 5, i + 1)
    plt.imshow(x_test[i], cmap='gray')

    predicted_digit = np.argmax(predictions[i])
    confidence = np.max(predictions[i])
    actual_digit = y_test[i]

    color = 'green' if predicted_digit == actual_digit else 'red'
    plt.title(f'Predicted: {predicted_digit}\nActual: {actual_digit}\nConfidence: {confidence:.2f}',
              color=color)
    plt.axis('off')
plt.tight_layout()
plt.show()

# Get weights from first layer
weights = model.layers[0].get_weights()[0]

# Visualize some neurons
plt.figure(figsize=(15, 3))
for i in range(10):
    plt.subplot(1, 10, i + 1)
    # Reshape weight vector back to 28x28 image
    weight_image = weights[:, i].reshape(28, 28)
    plt.imshow(weight_image, cmap='RdBu')
    plt.title(f'Neuron {i}')
    plt.axis('off')
plt.tight_layout()
plt.show()
